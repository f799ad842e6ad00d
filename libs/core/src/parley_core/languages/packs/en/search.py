"""English in a search of knowledge: words without a topic, and words of one meaning."""

from parley_core.languages.phrases import words
from parley_core.languages.talk_words import Search

SEARCH = Search(
    stop=words(
        """a an the i i'm i'd me my we us our you your yours he she it its they them their this that these those there
        here is are am was were be been being do does did done have has had having can could may might will would
        shall should must to of in on at for from by with about as into and or but if so not no nor yes then than
        too very just also what what's when where which who whom whose why how please hi hello hey um uh er oh okay
        ok well like want wanna need know tell say get got go going let any some all one ones thing kind sort right
        now guys don't doesn't isn't aren't can't cannot won't i've i'll you're it's that's there's we're they're
        happen happens wondering work works available possible time times day days come coming over much many"""
    ),
    same={
        "dr": "doctor",
        "physician": "doctor",
        "doc": "doctor",
        "pric": "price",
        "cost": "price",
        "charg": "price",
        "fee": "price",
        "dollar": "price",
        "pay": "price",
        "payment": "price",
        "paid": "price",
        "expensiv": "price",
        "reschedul": "move",
        "chang": "move",
        "medicat": "medicine",
        "med": "medicine",
        "drug": "medicine",
        "medicin": "medicine",
        "kid": "child",
        "children": "child",
        "babi": "child",
        "baby": "child",
        "toddler": "child",
        "son": "child",
        "daughter": "child",
        "pediatrician": "pediatric",
        "id": "identificat",
        "take": "accept",
        "tak": "accept",
        "cover": "accept",
        "clos": "open",
        "opening": "open",
        "hour": "open",
        "schedul": "book",
        "car": "park",
        "appointment": "visit",
        "cancellat": "cancel",
        "later": "late",
        "lab": "test",
        "teenager": "child",
        "teen": "child",
        "vaccinat": "vaccin",
        "locat": "address",
        "direct": "address",
        "uninsur": "insurance",
        "insur": "insurance",
        "insuranc": "insurance",
    },
    open=words("which what what's who where when"),
    denials=words("not no never cannot without"),
    ranges=words("to through thru until till"),
    titles=words("dr doctor mr mrs ms street avenue road"),
    # "sun" is the one that shines, "sat" the verb.
    weekday_forms={"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4},
    question_marks=words("q question"),
    answer_marks=words("a answer"),
)
