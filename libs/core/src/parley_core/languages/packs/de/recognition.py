"""German words that are no names, for recognisers that are told an agent's names ahead of a call."""

from parley_core.languages.phrases import words
from parley_core.languages.talk_words import Recognition

_COMMON = """
ich du er sie es wir ihr mich mir dich dir ihn ihm uns euch ihnen mein meine meinen dein deine sein seine unser unsere
dies diese dieser dieses das der die den dem des ein eine einen einem einer kein keine keinen nicht nichts ja nein
danke bitte hallo hier dort da für von aus in im ins an am auf zu zum zur bei mit ohne um über unter vor nach seit bis
zwischen gegen durch wegen und oder aber denn weil dass wenn als ob wie was wer wen wem wo wohin woher wann warum
welche welcher welches so dann also auch nur noch schon sehr mehr viel viele alle alles jeder jede jedes man ist sind
war waren bin bist wird werden wurde habe hat haben hatte kann können könnte muss müssen soll sollte darf dürfen will
wollen möchte möchten gibt geht geben gehen kommen machen sagen fragen sehen nehmen bringen rufen offen geschlossen
neu neue alt erste erster letzte nächste nächster andere anderer heute morgen gestern uhr
"""

RECOGNITION = Recognition(common=words(_COMMON))
