"""What stands around values in generated phrases, by kind. The first set of each kind was at hand while the parsers
were written; the second was written afterwards."""

from .phrases import Templates

MOMENTS = (
    Templates(
        plain=(
            "{x}",
            "{x} please",
            "i'd like {x}",
            "i would like to come {x}",
            "can i have {x}",
            "do you have anything {x}",
            "how about {x}",
            "{x} would be great",
            "let's say {x}",
            "{x} if possible",
            "could we do {x}",
            "okay {x} works for me",
        ),
        corrected=(
            "{y} no wait {x}",
            "{y} sorry {x}",
            "{y} i mean {x}",
            "{y} no {x}",
            "{y} actually {x}",
            "not {y} but {x}",
            "{y}, no, sorry, i meant {x}",
            "{y} make it {x}",
            "{y} or rather {x}",
            "i'd like {y} scratch that {x} please",
        ),
        altered=(
            "before {x}",
            "{x} or {y}",
            "not {x}",
            "{x} no wait",
            "any time after {x}",
            "every day but {x}",
            "the day before {x}",
            "two hours before {x}",
            "i was there {x} and it hurt",
            "three weeks before {x}",
        ),
    ),
    Templates(
        plain=(
            "yes {x} thank you",
            "i'd prefer {x}",
            "is there something free {x}",
            "maybe {x}",
            "{x} sounds good",
            "what about {x}",
            "i need an appointment {x}",
            "we would like {x}",
            "put me down for {x}",
            "{x} is fine",
            "well i think {x}",
            "could you book me in {x}",
        ),
        corrected=(
            "{y} oh wait {x}",
            "{y} hold on {x}",
            "{y} excuse me {x}",
            "{y} correction {x}",
            "instead of {y} {x}",
            "{y} that's wrong {x}",
            "can't do {y} but {x}",
            "{y} my mistake i meant to say {x}",
            "{y} better {x}",
            "{x} rather than {y}",
            "{y}, no no, {x}",
            "{y} change that to {x}",
        ),
        altered=(
            "anything but {x}",
            "between {x} and {y}",
            "until {x}",
            "{x} unless you have {y}",
            "{x} at the latest",
            "some time around or after {x}",
            "my son was born {x}",
            "{x} does not work for me",
            "either {x} or {y}",
            "no later than {x}",
            "{x} forget that",
            "half a day before {x}",
            "the week before {x}",
        ),
    ),
)

NAMES = (
    Templates(
        plain=(
            "{x}",
            "my name is {x}",
            "it's {x}",
            "this is {x}",
            "{x} speaking",
            "i'm {x}",
            "the name is {x}",
            "{x} please",
            "sure it's {x}",
        ),
        corrected=(
            "{y} no wait {x}",
            "my name is {y} sorry {x}",
            "{y} i mean {x}",
            "not {y} but {x}",
            "it's {y} no {x}",
            "{x} not {y}",
        ),
        altered=("{x} or {y}", "{x} and {y}", "not {x}", "{x} with a z", "my name is not {x}"),
    ),
    Templates(
        plain=(
            "yes my name is {x}",
            "that would be {x}",
            "my full name is {x} thanks",
            "i am {x}",
            "well it is {x}",
            "hello this is {x}",
            "mister {x}",
            "you can call me {x}",
            "{x} thank you",
        ),
        corrected=(
            "{y} oh sorry {x}",
            "it's {y} correction {x}",
            "my name is {y} no my name is {x}",
            "it's not {y} it's {x}",
            "{y} actually {x}",
            "{y} hold on {x}",
        ),
        altered=(
            "either {x} or {y}",
            "{x} but the booking is for {y}",
            "{x} spelled with double n",
            "my wife {x}",
            "ask for {x} or {y}",
            "anything but {x}",
            "{x} no wait",
        ),
    ),
)

EMAILS = (
    Templates(
        plain=("{x}", "my email is {x}", "it's {x}", "my email address is {x}", "{x} please", "it is {x} thank you"),
        corrected=("{y} no wait {x}", "{y} sorry {x}", "my email is {y} i mean {x}", "{y} no {x}"),
        altered=("{x} or {y}", "not {x}", "{x} and {y}", "my wife has {x}", "{x} dot", "{x} no"),
    ),
    Templates(
        plain=(
            "yes it's {x}",
            "you can reach me at {x}",
            "the address is {x}",
            "um that's {x}",
            "sure my mail is {x}",
            "{x} that's it",
        ),
        corrected=("{y} scratch that {x}", "{y} correction {x}", "it's {y} oh sorry i meant {x}", "not {y} but {x}"),
        altered=(
            "either {x} or {y}",
            "{x} but with a z",
            "no {x} is wrong",
            "the same as {x} without the dot",
            "{x} with two t",
            "it begins with {x}",
        ),
    ),
)

NUMBERS = (
    Templates(
        plain=("{x}", "{x} please", "it's {x}", "i need {x}", "we are {x}", "about {x}", "{x} people"),
        corrected=(
            "{y} no wait {x}",
            "{y} sorry {x}",
            "{y} i mean {x}",
            "not {y} but {x}",
            "{y} make it {x}",
            "{y} no {x}",
        ),
        altered=("{x} or {y}", "more than {x}", "not {x}", "{x} percent of {y}", "between {x} and {y}", "{x} squared"),
    ),
    Templates(
        plain=("well {x}", "that's {x}", "i'd like {x} thanks", "{x} would be good", "the answer is {x}", "it is {x}"),
        corrected=(
            "{y} hold on {x}",
            "{y} correction {x}",
            "{y} actually {x}",
            "{x} not {y}",
            "{y} scratch that {x}",
            "{x} instead of {y}",
            "{y} my mistake {x}",
        ),
        altered=(
            "at least {x}",
            "{x} to {y}",
            "less than {x}",
            "either {x} or {y}",
            "{x} minus {y}",
            "twice {x}",
            "over {x}",
            "{x} times {y}",
            "{x} no",
            "{x} thirds",
        ),
    ),
)

CHOICES = (
    Templates(
        plain=("{x}", "{x} please", "i'd like {x}", "the {x} one", "i'll take the {x}", "{x} would be good"),
        corrected=(
            "{y} no wait {x}",
            "{y} sorry {x}",
            "not {y} but {x}",
            "not the {y} one the {x}",
            "{x} instead of {y}",
            "{y} actually {x}",
        ),
        altered=("{x} or {y}", "not {x}", "anything but {x}", "super {x}", "{x} and {y}"),
    ),
    Templates(
        plain=("well the {x}", "can i have the {x}", "let's do {x}", "{x} is fine", "i would prefer the {x} thanks"),
        corrected=(
            "{y} hold on {x}",
            "{y} correction {x}",
            "{y}, no, the {x}",
            "i don't want {y} i want {x}",
            "{y} or rather {x}",
            "{x} not {y}",
        ),
        altered=(
            "either {x} or {y}",
            "i don't want {x}",
            "less {x}",
            "{x} no",
            "whatever is not {x}",
            "what does {x} mean",
            "my last one was {x}",
        ),
    ),
)

PHONES = (
    Templates(
        plain=(
            "{x}",
            "my number is {x}",
            "it's {x}",
            "my phone number is {x}",
            "{x} please",
            "you can reach me at {x}",
        ),
        corrected=("{y} no wait {x}", "my number is {y} sorry {x}", "{y} i mean {x}", "not {y} but {x}", "{y} no {x}"),
        altered=("{x} or {y}", "not {x}", "{x} star two", "it begins with {x}", "{x} and {y}"),
    ),
    Templates(
        plain=("yes {x}", "the number is {x}", "sure it's {x}", "that's {x} thank you", "call me at {x}", "well {x}"),
        corrected=(
            "{y} hold on {x}",
            "{y} correction {x}",
            "{y} scratch that {x}",
            "it's {y} oh sorry i meant {x}",
            "{x} instead of {y}",
        ),
        altered=(
            "either {x} or {y}",
            "{x} but the last two are wrong",
            "{x} is my old one",
            "my wife has {x}",
            "not {x} any more",
            "the same as {x} without the last one",
        ),
    ),
)
