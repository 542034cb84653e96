"""English of general notes: who denies, doubts, recalls or speaks of somebody else, and where that ends."""

import pytest

from glsmed.site_adapters.reading.reader import Reader

DENIED = [
    "Patient denies {x}.",
    "He denied any {x}.",
    "Denies fever, cough, or {x}, but feels tired.",
    "She denies any history of {x}.",
    "Workup was negative for {x}.",
    "{x} was denied.",
    "Ruled out for {x}.",
    "Serial films ruled out {x}.",
    "{x} has been ruled out.",
    "Normal films rule him out for sepsis; this rules out {x}.",
    "Never had {x}.",
    "Not {x}.",
    "She has not had {x}.",
    "Tests did not reveal {x}.",
    "The film fails to reveal {x}.",
    "Unremarkable for {x}.",
    "Sent home w/o {x}.",
    "{x} was not found.",
    "Workup for {x} was negative.",
    "She doesn't have {x}.",
    "There wasn't any {x}.",
    "Never diagnosed with {x}.",
    "Absent {x}.",
    "{x} has not been seen.",
    "Recovered from {x}.",
    "{x} has now resolved.",
    "Unable to detect {x}.",
    "{x} was initially suspected but ruled out.",
    "He lives with his wife and denies {x}.",
]
DOUBTED = [
    "R/o {x}.",
    "? {x}.",
    "Not certain whether {x} is present.",
    "It is unclear if there is {x}.",
    "Not sure if this is {x}.",
    "There was concern about {x}.",
    "Unable to rule out {x}.",
    "{x} was not ruled out.",
    "{x} was neither confirmed nor ruled out.",
    "Thought to be {x}.",
    "Working diagnosis of {x}.",
    "{x} is in the differential.",
    "Susp. {x}.",
    "Poss. {x}.",
    "{x} is a concern.",
    "Doubt that this is {x}.",
    "We cannot say if there is {x}.",
    "Inconclusive for {x}.",
    "Being worked up for {x}.",
]
NO_EVIDENCE = [
    "If {x} develops, return to clinic.",
    "Call if signs of {x} occur.",
    "Please return for {x}.",
    "{x} needs to be ruled out.",
    "To be ruled out for {x}.",
    "Hx of {x}.",
    "Past medical history significant for {x}.",
    "Previous {x}.",
    "Past {x}.",
    "Had {x} in the past.",
    "{x} as a child.",
    "Her mother had {x}.",
    "Sister with {x}.",
    "Family history is significant for {x} in his father.",
    "There was {x} in his brother.",
    "Her husband was treated for {x}.",
]
AFFIRMED = [
    "Gram negative {x}.",
    "Ambulates without difficulty; {x} on the film.",
    "No further {x} treatment needed.",
    "Not only {x} but also asthma.",
    "No relief of {x}.",
    "No walking secondary to {x}.",
    "No sleep because of {x}.",
    "He is not a smoker and has {x}.",
    "Unremarkable course despite {x}.",
    "Not taking antibiotics for {x}.",
    "No sign of improvement of {x}.",
    "{x} is not changed.",
    "Age-indeterminate {x}.",
    "{x} unchanged from 3 years ago.",
    "Compared to the prior film, {x} is larger.",
    "The mother states that the boy has {x}.",
]
CASES = [
    *[(text, "absent") for text in DENIED],
    *[(text, "uncertain") for text in DOUBTED],
    *[(text, "unmentioned") for text in NO_EVIDENCE],
    *[(text, "present") for text in AFFIRMED],
]


@pytest.mark.parametrize(("finding", "term"), [("pneumonia", "pneumonia"), ("effusion", "pleural effusion")])
@pytest.mark.parametrize(("text", "state"), CASES)
def test_sentence(english: Reader, text: str, state: str, finding: str, term: str) -> None:
    sentence = text.format(x=term)
    cell = english.read(sentence[0].upper() + sentence[1:]).cells.get(finding)
    assert ("unmentioned" if cell is None else cell.state) == state
