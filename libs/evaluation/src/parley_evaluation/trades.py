"""The businesses that are called, and what their callers say: two for tuning, two for judging.

Every answer takes some twelve seconds, so that there is time to speak over it. `|` in a question is where a caller may
pause: inside the sentence, after words that cannot be its end to somebody who understands them.
"""

from dataclasses import dataclass

BACKCHANNELS = ("mm-hmm", "uh-huh", "mm-hmm", "uh-huh", "yeah", "okay", "right", "mm-hmm, mm-hmm")
HUMMED = "mm-hmm"
# τ-voice's phrases of speech to somebody else.
NON_DIRECTED = (
    "Not now.",
    "Hold on a second.",
    "I'm on the phone.",
    "Just a minute.",
    "I don't know.",
    "Give me a moment.",
    "One second.",
    "I'll be right with you.",
    "Can you wait?",
    "Shh, quiet.",
)
TELEVISION = (
    "And in other news tonight, the council has approved the plans for a new bridge across the river.",
    "Coming up after the break, we talk to the author whose first novel has sold a million copies.",
    "A cold front from the north brings showers to the coast, and it stays windy until the weekend.",
    "He takes it on the left, he looks up, he crosses, and the keeper punches it clear.",
)
# The first words of an interruption; a question of another topic follows, or nothing.
OPENINGS = (
    "Wait, sorry,",
    "No, actually,",
    "No, stop, tell me instead,",
    "Sorry to interrupt,",
    "Hang on, I meant something else,",
    "Okay but,",
    "",
    "",
)


@dataclass(frozen=True, slots=True)
class Topic:
    heading: str
    answer: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trade:
    name: str
    greeting: str
    topics: tuple[Topic, ...]

    @property
    def knowledge(self) -> str:
        return "\n\n".join(f"# {one.heading}\n{one.answer}" for one in self.topics)


_LIBRARY = Trade(
    "library",
    "Hello, this is the Mill Street Library. How can I help you?",
    (
        Topic(
            "Opening hours",
            "The library is open from nine in the morning until eight in the evening on weekdays, from ten until "
            "five on Saturdays, and on Sundays only the reading room and the cafe on the ground floor are open.",
            ("What are your opening hours?", "Could you tell me | when the library is open?", "When are you | open?"),
        ),
        Topic(
            "Library card",
            "A library card is free for everybody who lives or works in the city, and all you need to bring for "
            "it is a photo and something that shows your address, such as a recent bill or a letter from your "
            "employer.",
            (
                "How do I get a library card?",
                "I would like to know | how I get a library card.",
                "What do I need for a card?",
            ),
        ),
        Topic(
            "Loans and renewals",
            "You can borrow up to twelve books for four weeks each, and you can renew every one of them twice on "
            "the website or at the machines in the hall, as long as no other reader has asked for it.",
            ("How long can I keep a book?", "How many books | can I borrow at a time?", "Can I renew my loans?"),
        ),
        Topic(
            "Late fees",
            "For every book that comes back late the fee is twenty cents for each day, with a limit of five "
            "dollars, and children under sixteen never have to pay a fee as long as the book does come back.",
            ("What does it cost if a book is late?", "What is the fee | when a book comes back late?"),
        ),
        Topic(
            "Study rooms",
            "There are six study rooms on the second floor for groups of up to eight people, and you can reserve "
            "one of them for three hours a day at the front desk or through the website with your card number.",
            ("Do you have study rooms?", "I need | a study room for a group.", "How do I reserve | a study room?"),
        ),
        Topic(
            "Printing and computers",
            "Every visitor can use the computers on the first floor for two hours a day without paying, and "
            "printing costs ten cents a page in black and white and forty cents a page in color at the machine by"
            " the stairs.",
            ("Can I print something there?", "How much is | a printed page in color?", "Do you have computers to use?"),
        ),
    ),
)
_GARAGE = Trade(
    "garage",
    "Good day, this is Oakfield Garage. What can I do for you?",
    (
        Topic(
            "Oil change",
            "An oil change costs sixty five dollars with a new filter and takes about forty minutes, and while "
            "you wait there is coffee in the office and a small playground for children behind the building.",
            (
                "How much is an oil change?",
                "I'd like to know what | an oil change costs.",
                "How long does an oil change take?",
            ),
        ),
        Topic(
            "Tires",
            "We change all four tires for eighty dollars, we check the balance of every wheel while they are off,"
            " and we can store your winter or summer tires in our cellar for another forty dollars a season.",
            (
                "Can you change my tires?",
                "What do you charge for | changing the tires?",
                "Do you store | winter tires?",
            ),
        ),
        Topic(
            "Inspection",
            "The yearly inspection of a car takes two hours and costs ninety dollars, and if we find something "
            "that has to be repaired we call you first and tell you the price before anything is done to the car.",
            ("What does the inspection cost?", "My car needs | its yearly inspection.", "How long is the inspection?"),
        ),
        Topic(
            "Loan cars",
            "While your car is with us you can have one of our four loan cars for twenty dollars a day with "
            "insurance, and all you pay besides is the fuel that you use, so please bring it back with a full "
            "tank.",
            ("Can I have a loan car?", "Is there a loan car | while mine is being repaired?"),
        ),
        Topic(
            "Towing",
            "If your car does not start, our tow truck comes to you within an hour anywhere in the county, and "
            "the tow costs one hundred dollars, which most insurance companies pay back when you send them our "
            "bill.",
            (
                "My car won't start, can you tow it?",
                "What does it cost | to have a car towed?",
                "Do you have a tow truck?",
            ),
        ),
        Topic(
            "Paint and dents",
            "Small scratches and dents are repaired by our painter on Tuesdays and Thursdays, and for an estimate"
            " it is enough to send three photos by mail, which he looks at and answers by the next morning.",
            ("Can you repair a scratch?", "There is a dent | in the door of my car.", "Do you repair | dents?"),
        ),
    ),
)
_MUSEUM = Trade(
    "museum",
    "Welcome to the Harbor Museum. How may I help you?",
    (
        Topic(
            "Tickets",
            "A ticket costs fourteen dollars for adults and seven dollars for students, children under twelve "
            "come in for free, and on the first Thursday of each month nobody has to pay after five in the "
            "afternoon.",
            ("How much is a ticket?", "What does a ticket | for an adult cost?", "Is it cheaper for students?"),
        ),
        Topic(
            "Guided tours",
            "Guided tours begin at eleven and at three every day in the main hall, they take about an hour and a "
            "half, and you can join one of them without booking as long as there are fewer than twenty people.",
            ("Do you have guided tours?", "When does | the next guided tour begin?", "How long does a tour take?"),
        ),
        Topic(
            "Opening times",
            "The museum is open from ten in the morning until six in the evening from Tuesday to Sunday, it is "
            "closed on Mondays, and on Fridays in summer you can visit the ships in the harbor until nine.",
            ("When are you open?", "I was wondering | when the museum opens.", "Are you open on | Mondays?"),
        ),
        Topic(
            "Parking",
            "There is a car park below the museum with room for two hundred cars, the first hour there is free, "
            "and after that you pay three dollars an hour at the machine beside the elevator on the lowest level.",
            ("Where can I park?", "Is there | somewhere to park the car?", "What does parking cost?"),
        ),
        Topic(
            "Restaurant",
            "The restaurant on the roof serves breakfast, lunch and cake from ten until five with a view over the"
            " whole harbor, and in the evening it can be rented for weddings and parties of up to ninety guests.",
            ("Is there a restaurant?", "Can we have | lunch at the museum?", "Do you serve breakfast?"),
        ),
        Topic(
            "School classes",
            "School classes can visit us for two dollars a child with a guide who shows them how ships were "
            "built, and a teacher should write to us at least three weeks before so that we can keep a place "
            "free.",
            ("I'm a teacher and want to come with my class.", "What does it cost | for a school class?"),
        ),
    ),
)
_VET = Trade(
    "vet",
    "Hello, you have reached Green Lane Animal Hospital. How can I help?",
    (
        Topic(
            "Vaccinations",
            "We vaccinate dogs, cats and rabbits every morning from eight until eleven, one vaccination costs "
            "forty dollars with the examination before it, and please bring the booklet that you got at the last "
            "visit.",
            ("How much is a vaccination?", "My dog needs | a vaccination.", "When can I come for a vaccination?"),
        ),
        Topic(
            "Emergencies",
            "For emergencies there is always a doctor in the building, also at night and on holidays, so come at "
            "once, ring the bell at the side entrance on Green Lane, and the nurse will let you in and look at "
            "your animal.",
            ("What do I do in an emergency?", "Is there a doctor | in the night?", "Are you there at night?"),
        ),
        Topic(
            "Dental care",
            "Cleaning the teeth of a cat or a dog takes half a day, because the animal has to sleep for it, and "
            "it costs two hundred and fifty dollars with the blood test that we make on the day before.",
            (
                "Do you clean teeth?",
                "What does it cost | to clean a dog's teeth?",
                "How long does cleaning teeth take?",
            ),
        ),
        Topic(
            "Food and medicine",
            "In our shop you can buy special food and all the medicine that our doctors prescribe, and if "
            "something is not there we order it for you by noon, so that it lies at the desk on the next working "
            "day.",
            ("Can I buy food from you?", "Where do I get | the medicine for my cat?", "Do you sell special food?"),
        ),
        Topic(
            "Boarding",
            "While you are away your cat or dog can stay in our boarding house for thirty dollars a night, food "
            "is part of the price, and our nurses send you a picture by message every evening if you wish.",
            (
                "Can my cat stay with you while I'm away?",
                "We are looking for | boarding for our dog.",
                "What is boarding?",
            ),
        ),
        Topic(
            "House calls",
            "On Wednesday and Friday afternoons Doctor Ellis visits farms and people who cannot bring their "
            "animals to us, and a house call costs eighty dollars beside the treatment, anywhere within fifteen "
            "miles.",
            ("Do you make house calls?", "Could a doctor | come to my home?", "What does a house call cost?"),
        ),
    ),
)


def trades(half: str) -> tuple[Trade, ...]:
    return (_LIBRARY, _GARAGE) if half == "tuning" else (_MUSEUM, _VET)
