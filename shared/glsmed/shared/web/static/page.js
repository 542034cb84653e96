// What every page does: fragments put in place, and keys.
import { startFragments } from "./fragments.js";
import { startKeys } from "./keys.js";

startFragments(document);
startKeys(document);
