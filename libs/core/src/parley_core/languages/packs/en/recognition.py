"""What English callers of every business say: what recognisers are told ahead of a call."""

from parley_core.languages.phrases import listed, words
from parley_core.languages.talk_words import Recognition

_EVERYDAY = """
yes
yes please
yes that is right
yes that's right
yes that is correct
yes that works
yes that's fine
yeah
yeah that's right
yep
no
no thank you
no thanks
no that is wrong
no that's wrong
no that is not right
no that's not what i said
no that is all
no that's all thank you
nothing else thank you
that is all thank you
that's all
that is correct
that's correct
correct
right
okay
okay thank you
okay great
sure
of course
sounds good
that sounds good
perfect
perfect thank you
great thank you
thank you
thank you very much
thank you so much
thank you goodbye
thank you bye
thanks
thanks goodbye
thanks bye
goodbye
bye
bye bye
hello
hi
hi there
hello i have a question
good morning
good afternoon
good evening
i have a question
i have another question
can i ask you something
can you help me
can you help me please
i need help
could you repeat that
could you repeat that please
can you say that again
say that again please
sorry
sorry i did not understand
i'm sorry what did you say
pardon
what did you say
one moment
one moment please
hold on
wait
wait a moment
wait a minute
stop
stop please
never mind
cancel
cancel that
start over
go back
actually no
actually yes
i do not know
i don't know
i am not sure
i'm not sure
i changed my mind
i want to change that
please change that
i would like to speak to a person
i want to talk to a person
can i speak to someone
can i talk to a human
please connect me to a person
please transfer me
are you a robot
are you a real person
what can you do
how much is it
how much does it cost
how much does that cost
what does it cost
what is the price
how long does it take
how long will it take
how do i get there
where are you
where are you located
what is your address
what's your address
what is your phone number
when are you open
when do you open
when do you close
what time do you open
what time do you close
what are your hours
what are your opening hours
what are your opening hours on
are you open on
are you open today
are you open tomorrow
are you open on weekends
is there parking
do you have parking
do you have
do you accept
do you take
do you offer
do i need
do i have to
can i
can you
could i
could you
i need
i need to
i want
i want to
i would like
i would like to
i'd like to
i have
i have to
is it
is it possible to
is that
tell me about
tell me more about
what about
what is
what's
what are
what if
which
who is
who are
how
how many
how can i
how do i
why
i am calling about
i'm calling about
i am calling to
i would like to know
i'd like to know
i was wondering if
uh huh
mhm
any time is fine
any day is fine
the first one
the second one
the last one
the earlier one
the later one
either is fine
both
neither
this is an emergency
i need an ambulance
please call an ambulance
i am in pain
i have an appointment
i would like to book an appointment
i would like to make an appointment
i want to cancel my appointment
i need to cancel my appointment
i want to change my appointment
i would like to reschedule
i need to reschedule my appointment
thank you very much goodbye
thank you very much bye
thank you so much bye
thanks a lot bye
okay thank you goodbye
okay thank you bye
okay goodbye
no thank you goodbye
no that's all
no that is all thank you
that is all thank you goodbye
that's all thanks bye
great thank you goodbye
perfect thank you bye
yes thank you
yes correct
no it is not
no that is not correct
no that's not correct
no that's not right
that is right
that's right
yes it is
no it isn't
can you repeat that
can you repeat that please
can you repeat please
hello is there
hello can i
hello can i make an appointment
good morning is there
good morning i would like to
good morning can i
hello i would like to
hi i would like to
hi can i
do i need to bring
do i need to bring my
how much is a visit
how much does a visit cost
i would like to come
i would like to come on
can i come on
what time do you close on
what time do you open on
when do you open on
when do you close on
"""

_COMMON = """
a.m p.m am pm i i'm i'd i'll i've we he she they you it this that these those our your my their all both each every some
any no not none there here please for from in on at by to of with without within if when while as after before until
since and or but so then than also only just the a an is are was were be been do does did can could may must should will
would have has had what which who whom whose where why how yes ok okay every most many more new old first next last
other another call ask see tell let make take bring come go get give open closed
"""

RECOGNITION = Recognition(
    openers=listed("hello, hi, good morning, good afternoon, yes, okay, thank you, and"),
    introductions={
        "my name is": 200,
        "my name's": 15,
        "yes my name is": 10,
        "this is": 20,
        "it's": 12,
        "it is": 6,
        "i am": 6,
        "i'm": 6,
        "the name is": 6,
        "i am calling for": 10,
        "i'm calling for": 6,
        "it is for": 6,
        "": 6,
    },
    consent=listed("i agree, i do not agree, i don't agree, of course, i don't mind, please don't, i would rather not"),
    wishes=listed("{} please, in {} please, do you speak {}, can we speak {}, i would like to speak {}"),
    own_wish=listed("english please"),
    everyday=tuple(_EVERYDAY.strip().splitlines()),
    common=words(_COMMON),
    before_numbers=("my phone number is", "my number is", "it is", "it's", "the number is", "sure it's", "", "", ""),
    numbers=("one hundred", "two hundred", "five hundred", "one thousand", "area code five one zero"),
    moments=(
        "{day} at {time}",
        "{day} at {time}",
        "{day} at {time} please",
        "on {day} at {time}",
        "for {day} at {time}",
        "i would like to book an appointment for {day} at {time}",
        "can i come {day} at {time}",
        "how about {day} at {time}",
        "at {time} on {day}",
        "at {time}",
        "{time}",
        "{time} please",
        "{day}",
        "{day} please",
        "on {day}",
        "is {day} possible",
        "are you open on {day}",
        "are you open {day}",
        "what are your opening hours on {day}",
        "what are your hours on {day}",
        "what about {day}",
        "do you have anything {day}",
        "do you have anything on {day} at {time}",
    ),
    days=(
        "{weekday}",
        "{weekday}",
        "next {weekday}",
        "next {weekday}",
        "next {weekday}",
        "this {weekday}",
        "this coming {weekday}",
        "{weekday} next week",
        "tomorrow",
        "today",
        "the day after tomorrow",
        "next week",
        "{weekday} {part}",
        "{weekday} the {date}",
        "{month} {date}",
        "the {date} of {month}",
        "{weekday} {month} {date}",
        "the {date}",
    ),
    parts=("morning", "afternoon", "evening"),
    times=(
        "{exact}",
        "{exact}",
        "{exact} {within}",
        "{exact} {within}",
        "{exact} {half}",
        "{exact} {other_half}",
        "{hour} o'clock",
        "{hour} o'clock {within}",
        "half past {hour}",
        "quarter past {hour}",
        "quarter to {hour}",
        "noon",
    ),
    within=("in the morning", "in the morning", "in the afternoon", "in the evening"),
    halves=("a m", "p m"),
)
