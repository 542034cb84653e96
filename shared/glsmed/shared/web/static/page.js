// What every page does: fragments put in place, keys, and parts that are fetched again.
import { startFragments } from "./fragments.js";
import { startKeys } from "./keys.js";
import { startRefreshing } from "./refresh.js";

startFragments(document);
startKeys(document);
startRefreshing(document);
