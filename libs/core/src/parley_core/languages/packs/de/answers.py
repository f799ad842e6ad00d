"""German answers: yes and no, and what changes, delays or questions them."""

from parley_core.languages.phrases import listed
from parley_core.languages.turn_words import Answers

ANSWERS = Answers(
    yes=listed(
        """ja, jaja, ja ja, jawohl, jo, jep, jup, joa, ja klar, na klar, klar, aber klar, aber ja, aber gerne, aber
        gern, aber natürlich, aber sicher, natürlich, selbstverständlich, sicher, sicherlich, gewiss, gerne, gern,
        sehr gerne, sehr gern, okay, ok, okey, in ordnung, geht in ordnung, einverstanden, gut, sehr gut, prima,
        super, perfekt, toll, wunderbar, bestens, ausgezeichnet, alles klar, auf jeden fall, unbedingt, mhm, mm hmm,
        aha ja, passt, klingt gut, das klingt gut, klingt prima, wäre super, wäre gut, wäre toll, wäre prima, das
        wäre super, das wäre gut, das wäre toll, das wäre prima, bitte buchen, das passt, passt so, das passt so,
        passt mir, das passt mir, passt gut, das passt gut, ist gut, das ist gut, ist okay, das ist okay, ist in
        ordnung, das ist in ordnung, geht klar, das geht, bitte ja, ja bitte, machen sie das, machen sie es so, mach
        das, tun sie das, buchen sie, buchen sie das, buchen sie es, buchen sie den termin, reservieren sie, legen
        sie los, nur zu, bestätige ich, ich bestätige, bestätigt, meinetwegen, von mir aus, doch, so machen wir es,
        so machen wir das, machen wir so, machen wir, abgemacht, dürfen sie, können sie machen"""
    ),
    right=listed(
        """genau, ganz genau, genau so, stimmt, stimmt so, stimmt genau, das stimmt, das stimmt so, es stimmt,
        stimmt alles, alles stimmt, das stimmt alles, richtig, ganz richtig, genau richtig, völlig richtig,
        das ist richtig, das ist so richtig, ist richtig, so ist es, so ist das, das ist korrekt, ist korrekt,
        korrekt, alles richtig, alles korrekt, das ist alles richtig, absolut, exakt, jawoll, das bin ich,
        ich habe ja gesagt, ich sagte ja, das ist meine nummer, das ist mein name, kein problem,
        überhaupt kein problem, gar kein problem, kein thema, keine einwände, nichts dagegen,
        ich habe nichts dagegen, habe nichts dagegen, hab nichts dagegen, macht mir nichts aus,
        das macht mir nichts aus, stört mich nicht, das stört mich nicht, keine änderungen, nichts ändern,
        daran ist nichts falsch, sehr wohl"""
    ),
    no=listed(
        """nein, nee, nö, ne, na nein, nein danke, auf keinen fall, keinesfalls, keineswegs, niemals, nie, falsch,
        das ist falsch, ist falsch, verkehrt, lieber nicht, eher nicht, natürlich nicht, sicher nicht,
        ganz sicher nicht, überhaupt nicht, gar nicht, heute nicht, danke nein, lassen sie es, lassen sie das,
        lass das, vergessen sie es, vergiss es, abbrechen, stornieren, ich lehne ab, lehne ich ab, ablehnen,
        ich widerspreche, ich weigere mich, stopp, stop, kommt nicht in frage, nicht einverstanden"""
    ),
    nots=listed("nicht, kein, keine, keinen, keinem, keiner, nichts"),
    change=listed(
        """aber, außer, bis auf, abgesehen von, nur, nur dass, sondern, stattdessen, anstatt, statt, lieber,
        doch lieber, ändern, ändern sie, ändere, eigentlich, besser, machen sie, nehmen sie, nehmen wir,
        schreiben sie, fast, beinahe, fast alles, beinahe alles, eine sache, eine andere, ein anderer,
        einen anderen, anders, sollte, müsste, sollte sein, ich meinte, ich meine, ich sagte, ich habe gesagt,
        korrektur, allerdings, jedoch, obwohl, verschieben, verschieben sie, verlegen, tauschen, teilweise,
        zum teil"""
    ),
    wait=listed(
        """moment, einen moment, ein moment, momentchen, moment mal, augenblick, einen augenblick, sekunde, eine
        sekunde, eine minute, warten sie, warte, warte mal, warten, kurz, ganz kurz, lassen sie mich, lass mich,
        gleich, noch nicht, später, jetzt nicht, im moment nicht, nicht so schnell, langsam, langsamer, geben sie
        mir, gib mir, ich muss kurz, ich muss erst, ich schaue, ich schau, ich sehe nach, mal sehen, mal schauen,
        bleiben sie dran"""
    ),
    asks=listed(
        """was, was ist, wann, wo, woher, wohin, wer, wem, wen, wie, wie bitte, warum, wieso, weshalb, welche, welcher,
        welches, welchen, wieviel, wie viel, wozu, worum, kann ich, kann man, können sie, können wir, könnten sie,
        haben sie, hätten sie, sind sie, ist das, ist es, ist der, ist die, gibt es, kostet, muss ich, darf ich,
        dürfte ich, soll ich, werden, wird, würden sie, wiederholen, wiederholen sie, noch mal, nochmal, noch
        einmal, eine frage, ich habe eine frage, kurze frage, ich wollte fragen, ich möchte wissen, ich wüsste gern,
        sagen sie mir, sagen sie mal, bitte wie, hä"""
    ),
    doubt=listed(
        """vielleicht, na ja, naja, weiß nicht, weiß ich nicht, ich weiß nicht, ich weiß es nicht, keine ahnung, nicht
        sicher, ich bin nicht sicher, bin mir nicht sicher, ich bin mir nicht sicher, ich glaube, glaub schon,
        glaube schon, ich denke, denke schon, eventuell, möglicherweise, wahrscheinlich, kommt drauf an, kommt
        darauf an, je nachdem, wenn, falls, sofern, solange, vermutlich, mehr oder weniger, so ungefähr, ungefähr,
        im prinzip, irgendwie, hoffentlich, ich hoffe, unsicher, schwer zu sagen, mal überlegen, überlegen, muss ich
        überlegen, jein"""
    ),
    rhetorical=listed("warum nicht, wieso nicht, warum eigentlich nicht, warum auch nicht"),
    around=listed(
        """bitte, bitte schön, danke, danke schön, dankeschön, danke sehr, vielen dank, herzlichen dank, besten dank,
        und danke, äh, ähm, hm, hmm, ach, oh, na, also, dann, jetzt, nun, so, das, dies, es, ist, alles, ich, mir,
        mich, mein, meine, sie, ihnen, wir, uns, der, die, den, dem, ein, eine, einen, für mich, für, mit, zu, auch,
        ganz, sehr, wirklich, tatsächlich, einfach, ruhig, mal, schon, ja auch, halt, eben, hallo, guten tag,
        tschüss, tschüs, auf wiederhören, bis dann, bis dahin, schönen tag, schönen tag noch, entschuldigung,
        verzeihung, herr, frau, bin, habe, freut mich, ich freue mich, und"""
    ),
    unended=listed(
        """und, also, ist, ich, mein, meine, der, die, den, dem, ein, eine, einen, für, mit, zu, sehr, bin, habe, na"""
    ),
    consent_yes=listed(
        """eins, die eins, nummer eins, ich stimme zu, stimme zu, zugestimmt, ich willige ein, dürfen sie aufnehmen,
        sie dürfen aufnehmen, sie dürfen aufzeichnen, sie dürfen, nehmen sie auf, nehmen sie ruhig auf, aufnehmen,
        zeichnen sie auf, meine zustimmung haben sie"""
    ),
    consent_no=listed(
        """zwei, die zwei, nummer zwei, keine aufnahme, keine aufzeichnung, ohne aufnahme, ohne aufzeichnung,
        ich stimme nicht zu, stimme nicht zu, ich willige nicht ein"""
    ),
    consent_around=listed(
        """gespräch, anruf, aufnahme, aufzeichnung, aufgenommen, aufgezeichnet, aufzeichnen, werden, wird"""
    ),
)
