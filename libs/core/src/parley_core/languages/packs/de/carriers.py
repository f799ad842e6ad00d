"""German words around values."""

from parley_core.languages.carrier_words import Carriers
from parley_core.languages.phrases import listed, words

CARRIERS = Carriers(
    around=listed(
        """bitte, bitte schön, danke, danke schön, dankeschön, vielen dank, danke sehr, äh, ähm, öhm, hm, hmm, ach, oh,
        ah, also, so, na, na gut, tja, gut, sehr gut, okay, ok, ja, ja bitte, ja gerne, gerne, gern, klar,
        natürlich, prima, super, perfekt, wunderbar, in ordnung, alles klar, hallo, guten tag, guten morgen, guten
        abend, grüß gott, servus, mal, mal sehen, mal schauen, schauen wir mal, vielleicht, eventuell,
        wahrscheinlich, ich glaube, ich denke, glaube ich, denke ich, ich würde sagen, würde ich sagen, sagen wir,
        sagen wir mal, ich möchte, ich möchte gerne, ich hätte gerne, ich hätte gern, hätte gerne, hätte gern, ich
        hätte, hätte, ich würde gerne, ich würde, würde, würde gerne, ich will, ich wollte, ich brauche, ich
        bräuchte, wir möchten, wir würden, wir würden gerne, wir hätten gerne, wir brauchen, ich nehme, nehme ich,
        nehmen wir, wir nehmen, ich bevorzuge, ich suche, ich wünsche mir, möchte, kann ich, könnte ich, könnten
        wir, können wir, könnten sie, können sie, geht, geht das, ginge, ginge es, ginge das, ging, geht es, wäre es
        möglich, wäre möglich, ist möglich, möglich, wäre, wäre gut, wäre super, wäre prima, wäre schön, wäre
        perfekt, wäre mir recht, wäre mir lieb, wäre ideal, wäre das möglich, ist, ist es, es ist, es wäre, das ist,
        das wäre, sind, ist gut, ist okay, ist in ordnung, passt, passt mir, passt mir gut, passt gut, passt uns,
        passt super, passt perfekt, würde passen, würde mir passen, würde gehen, klingt gut, hört sich gut an, haben
        sie, haben sie etwas, haben sie was, haben sie noch, hätten sie, hätten sie etwas, hätten sie was, hätten
        sie noch, gibt es, gibt es noch, gäbe es, wie wäre es, wie wäre es mit, wie wärs, wie wärs mit, wie ist es
        mit, was ist mit, wie sieht es aus, wie sieht es mit, etwas, was, irgendwas, noch, noch was, noch etwas,
        frei, freies, verfügbar, offen, einen termin, termin, den termin, ein termin, der termin, eine reservierung,
        reservierung, buchen, reservieren, vereinbaren, machen, ausmachen, eintragen, notieren, vormerken, tragen
        sie mich, tragen sie mich ein, schreiben sie mich, schreiben sie mich auf, notieren sie, buchen sie,
        reservieren sie, geben sie mir, machen wir, dann machen wir, nehmen sie, setzen sie mich, kommen,
        vorbeikommen, vorbei, bekommen, haben, ich bin, bin, ich kann, kann, könnte, wir können, wir könnten, wenn
        möglich, wenn es geht, wenns geht, falls möglich, wenn das geht, wenn sie haben, wenn es ihnen passt, wenn
        es recht ist, ein, eine, einen, einem, einer, der, die, das, den, dem, des, und, mit, an, am, auf, in, im,
        um, zu, zum, zur, für, bei, von, mein, meine, meinen, mich, mir, ich, wir, uns, sie, ihnen, es, da, dort,
        dann, hier, jetzt, auch, einfach, bloß, gleich, doch bitte, eben, halt, sehr, tag, uhrzeit, zeit, datum,
        spricht, am apparat, sage, sagen, sage ich, die antwort ist, wird, werden, werde, idealerweise, am besten,
        am liebsten, geht bei mir, geht klar, schön, wir sind, insgesamt, bräuchten, eins, auch gut, ich freue mich,
        gehen, hin, hingehen, so gegen, so um, ungefähr, etwa, circa, zirka, mal bitte, recht, lieb, ideal,
        anbieten, sein, genau, zu zweit, werden wir sein, gebe, gebe ihnen, ich gebe ihnen, handy, telefon, nummer,
        mail, email, handynummer, telefonnummer, adresse, rufnummer, legen, einrichten, unterbringen, gut passen,
        passen, könnt ihr, habt ihr, gedacht, ich hatte an, hatte an, dachte an, wähle, ich wähle, leute, personen,
        das wären, wären, rufen sie mich an, rufen sie mich an unter, unter, hat die, mein handy hat die, wir wären"""
    ),
    unclear=listed(
        """mein termin, mein termin ist, meine reservierung, ich habe einen termin, ich hatte einen termin, hatte einen
        termin, ich habe eine reservierung, ich hatte eine reservierung, habe einen termin, haben sie zu, haben zu,
        irgendwas mit, so etwas wie, etwas mit"""
    ),
    takes_back=listed(
        """nein, nein nein, ach nein, oh nein, nee, nö, ne, warte, warten sie, warte mal, nein warte, nein warten sie,
        halt, halt stopp, stopp, moment, moment mal, einen moment, nein moment, moment nein, entschuldigung,
        entschuldigen sie, verzeihung, pardon, sorry, nein entschuldigung, entschuldigung nein, tut mir leid, nein
        tut mir leid, quatsch, ach quatsch, blödsinn, vergessen sie das, vergessen sie es, vergiss das, das ist
        falsch, das war falsch, das stimmt nicht, falsch, ich habe mich vertan, ich hab mich vertan, ich habe mich
        versprochen, ich hab mich versprochen, versprochen, vertan, mein fehler, streichen sie das, nicht doch, ach
        nee, doch nicht"""
    ),
    puts_right=listed(
        """ich meine, ich meinte, meine ich, meinte ich, nein ich meine, nein ich meinte, ich wollte sagen, wollte
        sagen, ich wollte eigentlich sagen, eigentlich, lieber, doch lieber, nein lieber, dann lieber, besser, doch
        besser, nein besser, noch besser, oder besser, oder lieber, oder doch, oder doch lieber, doch, nein doch,
        vielmehr, beziehungsweise besser, korrektur, ich korrigiere, sondern, stattdessen, besser gesagt, genauer
        gesagt, richtig wäre, richtig ist, das heißt, machen sie daraus, nehmen sie lieber, ändern sie das auf,
        ändern sie es auf, ändern sie das in, es sollte heißen, soll heißen, sollte sein, ich sagte, ich habe
        gesagt, oder nein, oder warte, moment doch, warten sie lieber, eher, doch eher,
        fast aber, fast aber lieber, fast lieber, beinahe aber"""
    ),
    nots=listed(
        """nicht, nicht am, nicht um, kein, keine, keinen, nicht der, nicht den, statt, anstatt, anstelle von,
        anstelle, außer, bis auf, ausgenommen, ich kann nicht, kann nicht, geht nicht, bloß nicht, auf keinen fall,
        ich meine nicht, ich meinte nicht, ich will nicht, ich möchte nicht, ich bin nicht, ich heiße nicht, das ist
        nicht, es ist nicht, und nicht, aber nicht, alles außer, ich nicht, ich habe nicht, gibt es nicht"""
    ),
    no=words("nein kein keine keinen"),
    but=listed("aber, aber dafür, es ist, das ist"),
    turning=words("aber"),
    alters=words(
        """vor nach bis ab seit zwischen oder letzte letzten letzter vergangene vergangenen jede jeden jeder alle allen
        außer ohne minus weniger mehr über unter nicht kein keine keinen nie halb halbe viertel doppelt extra woche
        wochen monat monate monaten jahr jahre andere anderen anderer nächste nächsten nächster spätestens
        frühestens mindestens höchstens weder"""
    ),
)
