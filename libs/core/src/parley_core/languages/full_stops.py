"""Full stops that end no sentence, in each language: behind abbreviations, initials and ordinal numbers.

`parley_llm.sentences` cuts a model's text with it. English's abbreviations are in its pack.
"""

from dataclasses import dataclass

from parley_core.languages.phrases import listed
from parley_core.languages.registry import ENGLISH, primary
from parley_core.languages.spoken import spoken_forms


@dataclass(frozen=True, slots=True)
class FullStops:
    never: frozenset[str] = frozenset()  # abbreviations, in lower case and without their last stop
    may_end: frozenset[str] = frozenset()  # those that end a sentence where a capital follows
    # Languages that write ordinals with a stop: "am 3. Mai". Behind these words a number is one; before a month or a
    # small letter it is one anyway.
    ordinals: bool = False
    ordinals_behind: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()
    small_letters: bool = True  # a stop before a small letter, or behind a single one, ends nothing


def _months(language: str) -> frozenset[str]:
    return frozenset(month.lower() for month in spoken_forms(language).months)


def _words(text: str) -> frozenset[str]:
    return frozenset(listed(text))


_GERMAN = FullStops(
    never=_words(
        """
        dr, prof, hr, fr, nr, str, tel, ca, bzw, evtl, ggf, inkl, zzgl, max, min, st, vgl, abs, abt,
        bspw, allg, gest, jhd, std, sek, mo, di, mi, do, sa, dipl, ing, z.b, d.h, u.a, i.d.r, z.t,
        o.ä, m.e
        """
    ),
    may_end=_words("usw, etc, gmbh, co, e.v"),
    ordinals=True,
    ordinals_behind=_words(
        """
        am, der, die, das, dem, den, des, vom, zum, zur, im, beim, ab, seit, bis, jeder, jeden,
        jedem, jedes, ein, einen, einem, und, oder, montag, dienstag, mittwoch, donnerstag, freitag,
        samstag, sonntag, unser, unsere, ihr, ihre
        """
    ),
    months=_months("de"),
)
_STOPS = {
    "en": FullStops(
        never=ENGLISH.written.titles | ENGLISH.written.shortened, may_end=ENGLISH.written.may_end, small_letters=False
    ),
    "de": _GERMAN,
    "es": FullStops(
        never=_words(
            """
        sr, sra, srta, dr, dra, d, dña, ud, uds, vd, vds, av, avda, núm, no, tel, aprox, pág, ej,
        p.ej, prof, lic, ing, gral, dpto, apdo, máx, mín, ee
        """
        ),
        may_end=_words("etc, s.a, s.l, uu, ee.uu, a.m, p.m"),
    ),
    "fr": FullStops(
        never=_words(
            """
        m, mm, mme, mlle, dr, pr, me, av, bd, tél, env, p.ex, ex, n, st, ste, max, min, c.-à-d
        """
        ),
        may_end=_words("etc, s.a"),
    ),
    "it": FullStops(
        never=_words(
            """
        sig, sig.ra, sigg, dott, dott.ssa, dr, prof, prof.ssa, avv, ing, n, tel, p.es, es, ca, max,
        min, v
        """
        ),
        may_end=_words("ecc, s.p.a, s.r.l"),
    ),
    "pt": FullStops(
        never=_words("sr, sra, srta, dr, dra, prof, profa, av, nº, tel, aprox, ex, p.ex, máx, mín, d"),
        may_end=_words("etc, s.a, ltda"),
    ),
    "nl": FullStops(
        never=_words(
            """
        dhr, mevr, mw, dr, drs, ir, prof, nr, tel, bijv, bv, ca, evt, incl, excl, max, min, o.a,
        d.w.z, m.b.t
        """
        ),
        may_end=_words("enz, etc, b.v, n.v"),
        months=_months("nl"),
    ),
    "pl": FullStops(never=_words("ul, al, np, tel, prof, inż, pn, godz, ok, m.in, tzn, tzw"), ordinals=True),
    "tr": FullStops(never=_words("dr, prof, av, tel, no, sok, cad, mah, örn"), ordinals=True),
    "ru": FullStops(
        never=_words("ул, тел, г, им, напр, др, руб, коп, мин, стр, т, е, д, п"), may_end=_words("т.д, т.п")
    ),
}
_ORDINALS_ONLY = frozenset(["da", "no", "nb", "nn", "fi", "cs", "sk", "hu", "hr", "sl", "sr", "et", "lv", "is"])


def full_stops(language: str) -> FullStops:
    """Those of a BCP 47 tag; "": English."""
    tag = primary(language or "en")
    return _STOPS.get(tag) or FullStops(ordinals=tag in _ORDINALS_ONLY)
