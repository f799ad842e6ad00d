"""English answers: yes and no, and what changes, delays or questions them."""

from parley_core.languages.phrases import listed
from parley_core.languages.turn_words import Answers

ANSWERS = Answers(
    yes=listed(
        """yes, yeah, yep, yup, ya, yah, yea, aye, yes sir, yes ma'am, why yes, oh yes, sure, sure thing, for sure,
        absolutely, definitely, certainly, of course, perfect, affirmative, indeed, okay, ok, okey dokey, alright,
        all right, fine, great, good, very good, lovely, excellent, wonderful, not bad, right, mhm, mm hmm, mm hm,
        mmhmm, mmhm, uh huh, uhhuh, sounds good, looks good, it looks good, looks right, looks fine,
        that'd be great, that'd be fine, that'd be good, that'd be perfect, that'll work, that'll be fine, awesome,
        cool, go right ahead, you're right, you are right, sounds great, sounds right, sounds fine, sounds perfect,
        sounds okay, works, works for me, that works, that'll do, go ahead, go for it, please do, do it, do that,
        do so, book it, book that, let's do it, let's do that, let's go with that, i'll take it, i'd like that,
        i would like that, i do, i would, i am, it is, it does, they are, we do, by all means, fair enough, you bet,
        fine by me, fine with me, okay by me, okay with me, i agree, agree, agreed, i accept, accepted, i confirm,
        confirmed, confirm, you can, you may, can do, you have my permission"""
    ),
    right=listed(
        """that's right, that is right, that's correct, that is correct, that was right, that was correct, it's right,
        it is right, it's correct, it is correct, this is right, this is correct, correct, that's it, that is it,
        all correct, all right and correct, everything's right, everything is right, everything's correct,
        everything is correct, everything is fine, everything is good, everything is okay, all good, quite right,
        exactly, exactly right, spot on, you got it, you've got it, you got that right, got it right, i said yes,
        that's what i said, that is what i said, that's what i want, that's what i wanted, that is what i want,
        that's the one, that's me, that's my number, that's my phone number, that's my name, no changes,
        nothing to change, don't change anything, do not change anything, nothing wrong, no problem,
        no problem at all, not a problem, no worries, no objection, no objections, i don't mind, i do not mind,
        don't mind, i have no problem with that, i have no objection"""
    ),
    no=listed(
        """no, nope, nah, no way, negative, wrong, incorrect, that's wrong, that is wrong, no thanks, no thank you,
        not really, rather not, i'd rather not, i would rather not, i'd prefer not to, prefer not to, refuse,
        decline, disagree, not at all, absolutely not, certainly not, definitely not, of course not, not today,
        not okay, not ok, forget it, never mind, nevermind, cancel, cancel it, cancel that, stop, leave it, never"""
    ),
    nots=listed(
        """not, i do not, i am not, i would not, it is not, it does not, they are not, we do not, isn't, isnt, is not,
        aren't, wasn't, doesn't, does not, don't, dont, do not, didn't, did not, can't, cannot, won't, wouldn't,
        shouldn't"""
    ),
    change=listed(
        """but, except, apart from, other than, aside from, besides, make it, make that, change, change it,
        change that, instead, only, should be, should have been, supposed to be, switch, correction, i meant,
        i mean, i said, almost, nearly, mostly, partly, partially, close, however, though, although, one thing,
        one more thing, something else, different, move it, put down, rather, let's make it, let's say"""
    ),
    wait=listed(
        """wait, hold on, hold, hang on, one moment, one second, one sec, one minute, just a moment, just a second,
        just a sec, just a minute, a moment, a second, a sec, a minute, give me, let me check, let me see,
        let me think, let me look, let me ask, let me get, let me grab, i need to check, i have to check,
        i'll check, bear with me, not yet, in a minute, in a moment, later, not so fast, slow down, too fast,
        hold that thought, need a moment, need a minute"""
    ),
    asks=listed(
        """what, what's, when, when's, where, where's, who, who's, whose, which, why, how, how's, is that, is this,
        is it, is there, are there, are you, are we, do you, do i, do we, do they, does, did, can, could, will,
        would you, would that, would it, should, may i, have you, am i, was it, was that, pardon, come again,
        say again, say that again, repeat, remind me, tell me, i have a question, quick question, i was wondering,
        i wonder, i'd like to know, i would like to know, i want to know, huh"""
    ),
    doubt=listed(
        """maybe, perhaps, possibly, probably, i think, i think so, i guess, i guess so, i suppose, i suppose so,
        not sure, i'm not sure, i am not sure, i don't know, i do not know, don't know, dunno, no idea, unsure,
        depends, it depends, kind of, sort of, more or less, might, hopefully, i hope, i hope so, hard to say,
        whatever, if, unless, as long as, provided, in principle, could be, believe, i believe, i believe so,
        supposedly"""
    ),
    rhetorical=listed("why not, i don't see why not"),
    around=listed(
        """please, thank you, thanks, thank you very much, thank you so much, thanks a lot, thanks so much,
        many thanks, much appreciated, that's very kind, very kind, and thank you, and thanks, um, uh, er, erm, hmm,
        hm, ah, oh, well, so, then, now, that's, that is, that, it's, it, is, this, that'll, that will, that would,
        would, will be, be, are, i, i'm, i'd, i'll, me, my, you, your, we, us, our, the, a, to, of, for, with, by,
        all, all of it, all of that, everything, everything is, it all, really, very, totally, completely, quite,
        just, actually, honestly, sorry, hi, hello, sir, madam, ma'am, go, let's, see you, see you then, bye,
        goodbye, good bye, have a nice day, have a good day, the details are, my details are, for me, to me,
        that one, and, appreciate it, looking forward to it, as you said, like you said, like i said, as i said"""
    ),
    unended=listed(
        """and, so, well, that's, it's, is, are, i, i'm, i'd, i'll, my, your, our, the, a, to, of, for, with, by, be,
        would"""
    ),
    consent_yes=listed(
        """one, number one, i consent, consent, record it, record me, record this, record away, recording is fine,
        that's fine with me, you can record, you may record"""
    ),
    consent_no=listed("two, number two, no recording, without recording, without being recorded, unrecorded"),
    consent_around=listed("call, record, recorded, recording, recordings, being, press, pressing"),
)
