# ruff: noqa: RUF001 (letters of other scripts are meant)
"""What folders and cells say where nothing is known, in the languages of the catalogues."""

import re
from functools import cache

from ingest.words import UNDIVIDED, bare

#: Words that say that nothing is known. The first letters are enough where a dash follows: `indetermin-`.
UNKNOWN = """
    unknown unkn unk uncertain uncert unsure unattributed unidentified unidentifiable unident undetermined
    undeterminable indeterminate indeterminable indet unassigned unclassified unspecified unrecorded undefined undated
    na nan null nil none void tbd unclear untyped
    bestimmen identifizieren zuordnen identifier déterminer classer attribuer identificare determinare attribuire
    classificare identificar determinar clasificar classificar atribuir catalogar określenia ustalenia
    unbekannt- unbestimm- unsicher- unklar- unklassifizier- unidentifizier- undatier- ungeklärt- undefiniert-
    unbek unbest fraglich keine keiner keines ungewiss- unzugeordnet-
    inconnu- incertain- indétermin- inclass- indéfini- aucun aucune indatable
    sconosciut- incert- indeterminat- ignot- indefinit- nessun nessuno nessuna
    desconocid- desconegut- desconeguda inciert- indeterminad- ignorad- ningun- ningú ningún
    desconhecid- indefinid- nenhum nenhuma
    onbekend- onzeker- onbepaald- ongedetermineerd- ongeïdentificeerd- geen
    okänd- osäker- obestäm- ukendt- usikker- ubestemt- ukjent- ingen oidentifier-
    nieznan- niepewn- nieokreśl- niezidentyfikowan- nieustalon- nieprzypisan- nieoznaczon- nierozpoznan- brak
    neznám- neurčen- nejist- neurčit- neidentifikovan- nezařazen- žádn-
    ismeretlen- bizonytalan- meghatározatlan- azonosítatlan- meghatározhatatlan-
    неизвест- неопредел- неуточн- неатрибутирован- неидентифицирован- неустановлен- неясн- невыяснен-
    άγνωστ- αγνωστ- αβέβαι- αδιάγνωστ- απροσδιόριστ- αταύτιστ- ακαθόριστ-
    bilinmeyen- bilinmiyor belirsiz- tanımsız- meçhul tanımlanmamış- belirlenemeyen- bilinmez
"""
#: Words that say so only with one of `KNOWN` behind them, or in front: `nicht bestimmt`, `sin datos`.
NOT = """
    not no non be without nicht ohne kein- keine sans pas senza sin sense no sem não niet zonder ikke inte ej nie bez ne
    není nem nincs не нет без δεν χωρίς μη değil yok
"""
KNOWN = """
    known determined determinable identified identifiable attributed assigned available applicable recorded given
    specified stated classified data information info attribution certain sure
    bekannt bestimmt bestimmbar zugeordnet zuweisbar identifiziert identifizierbar angegeben erfasst vorhanden
    klassifiziert angabe angaben zuordnung zuweisung daten sicher datiert datierbar
    connu- détermin- identifi- attribu- renseign- précis- disponible- class- donnée- indication- assign- certain-
    noto nota determinat- determinabile identificat- identificabile attribuit- disponibil- classificat- pervenut- dati
    dato indicat- specificat- certo certa
    conocid- determinad- identificad- atribuid- disponible- consta especificad- clasificad- datos dato conegut
    determinat- identificat- dades seguro segura
    conhecid- disponíve- dados especificad- classificad- atribuíd-
    bekend bepaald gedetermineerd geïdentificeerd toegewezen toegeschreven beschikbaar gegevens ingevuld
    känd- bestäm- identifier- uppgift- tillgänglig kendt bestemt
    określon- ustalon- wiadom- zidentyfikowan- przypisan- danych dotyczy podano
    znám- určen- identifikován- zařazen- uveden- údaj- údajů dostupn-
    ismert- meghatározott meghatározható azonosított adat elérhető
    известн- определен- определён- установлен- идентифицирован- атрибутирован- данных указан- уточнен-
    γνωστ- ταυτισμέν- προσδιορισμέν- διαθέσιμ- στοιχεία
    biliniyor belirli bilgi veri tanımlı
"""
#: What may stand beside such words, as in `uncertain mint`, `zecca incerta`, `ohne Typ`.
OF_WHAT = """
    mint mints type types value denomination denominations authority ruler rulers king emperor issuer material metal
    date findspot provenance place origin coin coins period dynasty city region die yet
    münzstätte prägestätte prägeort typ nominal prägeherr herrscher kaiser könig metall datierung fundort herkunft münze
    münzen atelier dénomination autorité souverain roi empereur matière métal lieu découverte monnaie monnaies origine
    émetteur
    zecca tipo nominale autorità sovrano imperatore metallo materiale data luogo provenienza moneta monete origine
    ceca denominación autoridad gobernante rey emperador fecha procedencia lugar hallazgo moneda monedas material seca
    denominação autoridade rei casa moeda moedas proveniência local achado
    muntplaats munt munten heerser vindplaats herkomst myntort mynt mynter
    mennica mennicy typu nominał władca metal materiał moneta pochodzenie miejsce
    mincovna nominál panovník kov mince původ místo
    verde pénzverde típus címlet uralkodó anyag lelőhely érme
    монетный двор тип номинал правитель металл материал дата происхождение место находки монета монеты
    νομισματοκοπείο τύπος ηγεμόνας μέταλλο νόμισμα προέλευση
    darphane tip birim hükümdar maden sikke
"""
#: Words that may stand anywhere in such a phrase.
LITTLE = """
    of the a an de d du des la le les l il lo del della di do da dos el los van het den der die das o to zu noch por
    pendiente
"""

LONGEST = 60


def names_something(text: str) -> bool:
    """Whether a folder or a cell names a type, a mint, ..., rather than says that it is not known.

    `uncertain mint`, `indéterminé`, `n. d.`, `(?)`, `--` name nothing; `uncertain Cilician mint` does.
    """
    # No such phrase is long or has a number in it.
    return len(text) > LONGEST or any(letter.isdecimal() for letter in text) or _names_something(text)


@cache
def _names_something(text: str) -> bool:
    folded = _fold(text)
    if not re.search(r"[^\s\-\u2010-\u2015?.,;:/\\|*_~'\"()\[\]{}#\u2026]", folded):
        return False
    if _ABBREVIATED.fullmatch(folded.strip()):
        return False
    words = re.findall(r"[^\W_]+", folded)
    if not words:  # arrows and the like
        return True
    said = [word for word in words if word not in _LITTLE and not _is_of(word, _OF_WHAT)]
    unknown = [_is_of(word, _UNKNOWN) for word in said]
    denied = [_is_of(word, _NOT) for word in said]
    if not all(u or n or _is_of(word, _KNOWN) for u, n, word in zip(unknown, denied, said, strict=True)):
        return True
    return not (any(unknown) or (any(denied) and len(said) + (len(words) > len(said)) > 1))


def _fold(text: str) -> str:
    return bare(text).translate(UNDIVIDED)


#: Abbreviations with their dots: `S F` and `K A` stand on coins.
_ABBREVIATED = re.compile(
    r"[#(]?(?:n ?/ ?a|n\. ?a|n\. ?d|s\. ?d|s\. ?f|k\. ?a|o\. ?a|n\. ?v\. ?t|n\. ?n|s ?/ ?d|b\. ?d|[бн] ?/ ?[дн])\.?\)?"
)


def _words(listed: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole words, and beginnings of words."""
    words = _fold(listed).split()
    return frozenset(w for w in words if w[-1] != "-"), tuple(w[:-1] for w in words if w[-1] == "-")


def _is_of(word: str, listed: tuple[frozenset[str], tuple[str, ...]]) -> bool:
    whole, beginnings = listed
    return word in whole or any(word.startswith(b) and len(word) <= len(b) + 6 for b in beginnings)


_LITTLE = frozenset(_fold(LITTLE).split())
_UNKNOWN, _NOT, _KNOWN, _OF_WHAT = map(_words, (UNKNOWN, NOT, KNOWN, OF_WHAT))
