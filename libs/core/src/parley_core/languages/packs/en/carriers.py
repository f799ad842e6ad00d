"""English words around values."""

from parley_core.languages.carrier_words import Carriers
from parley_core.languages.phrases import listed, words

CARRIERS = Carriers(
    around=listed(
        """please, thanks, thank you, thank you very much, thanks a lot, um, uh, er, erm, hmm, hm, ah, oh, well, so,
        okay, ok, alright, all right, right, sure, yes, yeah, yep, yes please, hi, hello, hey, good morning,
        good afternoon, good evening, like, just, maybe, perhaps, i think, i guess, let me see, let's see, you know,
        i would like, i'd like, i would love, i'd love, i would prefer, i'd prefer, i prefer, i want, i need, i'll take,
        i will take, i'll have, i'll go with, let's go with, let's do, let's try, let's say, let me have, i choose,
        i am, i'm, i was thinking, i was hoping, i was thinking of, thinking of, we would like, we'd like, we want,
        we need, i have, it is, it's, its, that is, that's, that would be, that'd be, it would be, it'd be, would be,
        will be, is, are, be, this is, can i, could i, can we, could we, can you, could you, may i, i can, i could,
        i can do, i could do, do you have, have you got, is there, are there, how about, what about, would you have,
        anything, something, anything free, something free, anything available, something available, free, available,
        open, have, get, come, come in, do, take, put me down, put me down for, give me, to, for, at, on, in, of, the,
        a, an, and, with, my, me, you, your, i, we, us, it, that, this, one, would, could, can, want, need, works,
        works for me, works best, works fine, would work, would be good, would be great, would be fine, would be best,
        would be perfect, would suit me, suits me, is good, is great, is fine, is best, is perfect, sounds good, good,
        great, fine, best, perfect, if possible, if that's possible, if that is possible, if you can, if i may,
        if that works, if you have it, if it's free, then, there, book, booking, schedule, reserve, make, arrange,
        set up, appointment, visit, slot, opening, time, day, date, here, calling, speaking, again, also, too,
        say, saying, put, use, call, ideally, would be lovely, i'd say, i would say,
        the answer is, around, about"""
    ),
    unclear=listed(
        """my appointment, my booking, my reservation, my visit, i have an appointment, i had an appointment,
        i have a booking, i had a booking, i have a reservation, i had a reservation"""
    ),
    takes_back=listed(
        """no, no no, no no no, nope, wait, no wait, oh wait, wait no, hold on, no hold on, sorry, no sorry, oh sorry,
        sorry no, i'm sorry, pardon, excuse me, scratch that, strike that, forget that, never mind, nevermind, oops,
        my mistake, my bad, that's wrong, that is wrong, that was wrong, no that's wrong, not that, cancel that"""
    ),
    puts_right=listed(
        """make it, make that, i mean, i meant, i meant to say, no i mean, no i meant, sorry i mean, sorry i meant,
        no make it, no make that, actually, no actually, actually no, rather, or rather, or actually, or better,
        better, instead, correction, change it to, change that to, let's make it, should be, it should be,
        should have been, i said, no i said, to be exact, in fact, i should say, or no, or wait, or sorry,
        almost make it, almost make that,
        nearly make it, not quite make it, close make it, close but, almost but, almost but make it, almost it's,
        not quite it's"""
    ),
    nots=listed(
        """not, instead of, rather than, other than, anything but, except, except for, can't do, cannot do, can't make,
        cannot make, don't want, do not want, isn't, is not, it's not, it is not, that's not, that is not, don't mean,
        do not mean, i don't mean, i do not mean, i didn't say, i did not say, i don't want, i do not want, i can't do,
        i cannot do, i can't make, no not, definitely not, certainly not, and not, but not"""
    ),
    no=words("no"),
    but=listed("but, but rather, it is, it's"),
    turning=words("but"),
    alters=words(
        """before after until till by since from between or ago last past every each except minus less more than under
        over not no never half quarter extra double week weeks month months year years day's other another next"""
    ),
)
