"""The words with which catalogues write dates, a table a language: the one place to extend.

A space in a phrase stands for any dots, spaces and hyphens, or none (`a c` is a.C., a. C. and AC); a dot stands for a
dot that must be there; `*` for any further letters; `|` for another form of the same. Case and accents do not matter.
"""

# ruff: noqa: RUF001 - Greek and Cyrillic letters are meant

from enum import StrEnum


class Kind(StrEnum):
    """What a word, a number or a sign says in a date."""

    BC = "before Christ"
    AD = "after Christ"
    CENTURY = "century"
    HUNDRED = "hundred years that begin with a year, as in 200-talet"
    DECADE = "years in front of a round number, which are the ten years from it on"
    HALF = "half"
    THIRD = "third"
    QUARTER = "quarter"
    EARLY = "early"
    MIDDLE = "middle"
    LATE = "late"
    ORDINAL = "first, second, third … in this order"
    LAST = "last"
    TO = "to, and, or"
    UNTIL = "until: `to` between two years, `before` in front of one"
    BEFORE = "before"
    AFTER = "after"
    YEAR = "year, which in front of a number may count the years of a reign"
    MONTH = "month or season"
    NOISE = "words that say no year"
    NUMBER = "number"
    SLASH = "slash"
    UNKNOWN = "anything else"


#: Words that say one thing right behind a number, as in `2nd c.` and `first third`, and another elsewhere.
BEHIND_A_NUMBER = {
    **dict.fromkeys(("c", "w", "в"), Kind.CENTURY),
    **dict.fromkeys(("third", "terzo", "derde"), Kind.THIRD),
    **dict.fromkeys(("quarto", "cuarto"), Kind.QUARTER),
    "h": Kind.HALF,
    **dict.fromkeys(("v", "av"), Kind.BC),  # `27 v. - 14 n. Chr.`, `30 av. - 14 apr. J.-C.`
    **dict.fromkeys(("n", "ap"), Kind.AD),
}

LANGUAGES: dict[str, dict[Kind, str]] = {
    "English": {
        Kind.BC: "b c, b c e, before christ, before the common era, before common era",
        Kind.AD: "a d, c e, anno domini, of the common era, common era",
        Kind.CENTURY: "century, centuries, cent, cents",
        Kind.HALF: "half",
        Kind.QUARTER: "quarter, qtr",
        Kind.EARLY: "early, earlier part, beginning, start",
        Kind.MIDDLE: "mid, middle",
        Kind.LATE: "late, later part, end",
        Kind.ORDINAL: "first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth",
        Kind.LAST: "last",
        Kind.TO: "to, through, and, or",
        Kind.UNTIL: "until, till, up to",
        Kind.BEFORE: "before, pre, prior to, earlier than, not later than, no later than, by, or before, or earlier, "
        "and before, and earlier, or slightly before",
        Kind.AFTER: "after, since, later than, not before, not earlier than, no earlier than, onward, onwards, "
        "or after, or later, and after, and later, or slightly after, from onwards",
        Kind.YEAR: "year, years, yr, yrs",
        Kind.MONTH: "january, february, march, april, may, june, july, august, september, october, november, december, "
        "spring, summer, autumn, fall, winter",
        Kind.NOISE: "c, ca, circa, cca, about, roughly, around, approx, probably, perhaps, possibly, between, "
        "from, in, the, of, either, during, prob, poss, approximately, sometime, struck, "
        "minted, issued, dated, shortly, soon, just, ides",
    },
    "Latin": {
        Kind.BC: "a chr, a chr n, ante christum, ante christum natum, ante chr",
        Kind.AD: "p c, p chr, p chr n, post christum, post christum natum, post chr",
        Kind.CENTURY: "saec, saeculum, saeculi, saeculo",
        Kind.BEFORE: "ante, terminus ante quem, t a q",
        Kind.AFTER: "post, terminus post quem, t p q",
    },
    "German": {
        Kind.BC: "v chr, v chr geb, vor chr, vor christus, vor christi geburt, v u z, v d z, "
        "vor unserer zeitrechnung, vor der zeitenwende, v d zw",
        Kind.AD: "n chr, n chr geb, nach chr, nach christus, nach christi geburt, n u z, n d z, u z, "
        "unserer zeitrechnung, nach der zeitenwende, n d zw",
        Kind.CENTURY: "jahrhundert*, jh, jhs, jhd, jhds, jhdt, jhdts, jhh",
        Kind.HALF: "hälfte",
        Kind.THIRD: "drittel*",
        Kind.QUARTER: "viertel*, v t l",
        Kind.EARLY: "anfang, anf, beginn, früh, frühe, frühes, frühen",
        Kind.MIDDLE: "mitte, mittler*",
        Kind.LATE: "ende, spät, späte, spätes, späten",
        Kind.ORDINAL: "erste*, zweite*, dritte*, vierte*, fünfte*, sechste*, siebte*, achte*, neunte*, zehnte*",
        Kind.LAST: "letzte*",
        Kind.TO: "und, oder, u, zu, zum, zur",
        Kind.UNTIL: "bis",
        Kind.BEFORE: "vor, spätestens, früher als, oder früher, und früher, oder davor",
        Kind.AFTER: "nach, seit, ab, später als, nicht vor, frühestens, oder später, und später, oder danach",
        Kind.YEAR: "jahr, jahre, jahren, jahres",
        Kind.MONTH: "januar, jänner, februar, märz, april, mai, juni, juli, august, september, oktober, november, "
        "dezember, frühling, frühjahr, frühsommer, sommer, spätsommer, herbst, winter",
        Kind.NOISE: "etwa, um, ungefähr, wohl, vermutlich, wahrscheinlich, vielleicht, zwischen, von, vom, der, des, "
        "die, das, dem, d, im, geprägt, kurz, bald, zirka",
    },
    "French": {
        Kind.BC: "av j c, avant j c, av jesus christ, avant jésus christ, av n è, avant n è, avant notre ère, "
        "a e c, avant l ère commune, avant l ère chrétienne",
        Kind.AD: "ap j c, apr j c, après j c, après jésus christ, ap n è, apr n è, de notre ère, de n è, e c, "
        "de l ère commune, de l ère chrétienne, de l ère vulgaire",
        Kind.CENTURY: "siècle, siècles, s, ss, siècl",
        Kind.HALF: "moitié",
        Kind.THIRD: "tiers",
        Kind.QUARTER: "quart",
        Kind.EARLY: "début, commencement",
        Kind.MIDDLE: "milieu",
        Kind.LATE: "fin",
        Kind.ORDINAL: "premier|première, deuxième|second|seconde, troisième, quatrième, cinquième, sixième, septième, "
        "huitième, neuvième, dixième",
        Kind.LAST: "dernier, dernière",
        Kind.TO: "à, au, et, ou",
        Kind.UNTIL: "jusqu à, jusqu au, jusqu en",
        Kind.BEFORE: "avant, av, antérieur à, au plus tard, ou avant, et avant",
        Kind.AFTER: "après, ap, depuis, à partir de, à partir du, postérieur à, au plus tôt, pas avant, ou après, "
        "et après, ou plus tard",
        Kind.YEAR: "an, année",
        Kind.DECADE: "années, ans",
        Kind.MONTH: "janvier, février, mars, avril, mai, juin, juillet, août, septembre, octobre, novembre, décembre, "
        "printemps, été, automne, hiver",
        Kind.NOISE: "vers, environ, env, autour, entre, de, du, des, d, l, le, la, les, dans, aux, peu, probablement, "
        "sans doute, peut être",
    },
    "Italian": {
        Kind.BC: "a c, av c, avanti cristo, prima di cristo, prima dell era volgare, a.e.v",
        Kind.AD: "d c, dopo cristo, dell era volgare, e.v",
        Kind.CENTURY: "secolo, secoli, sec, secc",
        Kind.HALF: "metà",
        Kind.EARLY: "inizio, inizi, principio",
        Kind.MIDDLE: "a metà",
        Kind.LATE: "fine, tardo",
        Kind.ORDINAL: "primo|prima|primi, secondo|seconda, terzo|terza, quarto|quarta, quinto, sesto, settimo, ottavo, "
        "nono, decimo",
        Kind.LAST: "ultimo, ultima",
        Kind.TO: "e, ed, al, ai, a, o",
        Kind.UNTIL: "fino al, fino a, sino al, sino a",
        Kind.BEFORE: "prima del, prima dell, prima di, prima della, anteriore al, ante, entro il, o prima, e prima",
        Kind.AFTER: "dopo, dopo il, a partire dal, a partire da, posteriore al, non prima del, o dopo, e oltre, in poi",
        Kind.YEAR: "anno",
        Kind.DECADE: "anni",
        Kind.MONTH: "gennaio, febbraio, marzo, aprile, maggio, giugno, luglio, agosto, settembre, ottobre, novembre, "
        "dicembre, primavera, estate, autunno, inverno",
        Kind.NOISE: "verso, intorno, attorno, tra, fra, dal, dall, dalla, da, di, del, dell, della, dei, degli, negli, "
        "nel, il, lo, gli, alla, all, poco, probabilmente, forse",
    },
    "Spanish": {
        Kind.BC: "a c, a de c, a j c, a de j c, antes de cristo, a n e, antes de nuestra era, antes de la era común",
        Kind.AD: "d c, d de c, d j c, d de j c, después de cristo, d n e, de nuestra era, de la era común, e c",
        Kind.CENTURY: "siglo, siglos, sig, sgl",
        Kind.HALF: "mitad",
        Kind.THIRD: "tercio",
        Kind.EARLY: "principios, principio, comienzos, comienzo, inicios, inicio",
        Kind.MIDDLE: "mediados",
        Kind.LATE: "fin, fines, final, finales",
        Kind.ORDINAL: "primer|primero|primera, segundo|segunda, tercer|tercero|tercera, cuarto|cuarta, quinto, sexto, "
        "séptimo, octavo, noveno, décimo",
        Kind.LAST: "último, última",
        Kind.TO: "y, o, u, a, al",
        Kind.UNTIL: "hasta",
        Kind.BEFORE: "antes de, antes del, anterior a, anterior al, o antes, y antes",
        Kind.AFTER: "después de, después del, desde, a partir de, a partir del, posterior a, posterior al, tras, "
        "o después, y después",
        Kind.YEAR: "año",
        Kind.DECADE: "años",
        Kind.MONTH: "enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, "
        "diciembre, primavera, verano, otoño, invierno",
        Kind.NOISE: "hacia, alrededor, aproximadamente, entre, de, del, el, los, las, posiblemente, quizás, poco",
    },
    "Portuguese": {
        Kind.BC: "a e c, antes da era comum",
        Kind.AD: "depois de cristo, da era comum",
        Kind.CENTURY: "século, séculos, séc, sécs",
        Kind.HALF: "metade",
        Kind.THIRD: "terço",
        Kind.QUARTER: "quartel",
        Kind.EARLY: "início, inícios, começo",
        Kind.MIDDLE: "meados",
        Kind.LATE: "fim, finais",
        Kind.ORDINAL: "primeiro|primeira, segundo|segunda, terceiro|terceira, quarto|quarta, quinto, sexto, sétimo, "
        "oitavo",
        Kind.TO: "ou, ao",
        Kind.UNTIL: "até",
        Kind.BEFORE: "ou antes",
        Kind.AFTER: "depois de, após, ou depois",
        Kind.YEAR: "ano",
        Kind.DECADE: "anos",
        Kind.MONTH: "janeiro, fevereiro, março, maio, junho, julho, setembro, outubro, novembro, dezembro, verão, "
        "outono",
        Kind.NOISE: "cerca, por volta, da, das, dos, no, em, provavelmente, talvez",
    },
    "Catalan": {
        Kind.BC: "abans de crist",
        Kind.AD: "després de crist",
        Kind.CENTURY: "segle, segles",
        Kind.HALF: "meitat",
        Kind.THIRD: "terç",
        Kind.EARLY: "inicis, principis, començament",
        Kind.MIDDLE: "mitjan, mitjans",
        Kind.LATE: "finals",
        Kind.ORDINAL: "primera, segon|segona, tercera, quarta",
        Kind.LAST: "darrer, darrera, últim",
        Kind.UNTIL: "fins",
        Kind.BEFORE: "abans de, abans del",
        Kind.AFTER: "després de, després del, des de",
        Kind.DECADE: "anys",
        Kind.NOISE: "cap a, vers, voltant, els",
        Kind.MONTH: "gener, març, maig, juny, juliol, setembre, estiu, tardor, hivern",
    },
    "Dutch": {
        Kind.BC: "v.c, voor christus, voor chr, voor onze jaartelling, v o j",
        Kind.AD: "n.c, na christus, na chr, na onze jaartelling, onze jaartelling",
        Kind.CENTURY: "eeuw, eeuwen",
        Kind.HALF: "helft",
        Kind.QUARTER: "kwart",
        Kind.EARLY: "begin, vroege",
        Kind.MIDDLE: "midden",
        Kind.LATE: "eind, einde, laat, late",
        Kind.ORDINAL: "eerste, tweede, derde, vierde, vijfde, zesde",
        Kind.LAST: "laatste",
        Kind.TO: "en",
        Kind.UNTIL: "tot",
        Kind.BEFORE: "voor, vóór, of eerder",
        Kind.AFTER: "na, vanaf, sinds, of later",
        Kind.YEAR: "jaar",
        Kind.MONTH: "januari, februari, maart, mei, juni, juli, augustus, lente, voorjaar, zomer, herfst, najaar",
        Kind.NOISE: "omstreeks, rond, ongeveer, tussen, van, het, de, wellicht",
    },
    "Polish": {
        Kind.BC: "p n e, przed naszą erą, przed chr, przed chrystusem",
        Kind.AD: "n e, naszej ery, po chr, po chrystusie",
        Kind.CENTURY: "wiek*, ww, stulecia, stulecie",
        Kind.HALF: "połowa, połowy, połowie, poł, pol",
        Kind.THIRD: "tercja",
        Kind.QUARTER: "ćwierć, ćwierci, ćw, kwartał",
        Kind.EARLY: "początek, początku, pocz",
        Kind.MIDDLE: "środek",
        Kind.LATE: "koniec, końca, końcu, kon, schyłek",
        Kind.ORDINAL: "pierwsz*, drug*, trzeci*, czwart*, piąt*, szóst*",
        Kind.LAST: "ostatni*",
        Kind.TO: "lub, albo, oraz",
        Kind.UNTIL: "do",
        Kind.BEFORE: "przed, lub wcześniej",
        Kind.AFTER: "po, od roku, lub później",
        Kind.YEAR: "rok, roku",
        Kind.DECADE: "lata, latach",
        Kind.MONTH: "styczeń, stycznia, luty, lutego, marzec, marca, kwiecień, kwietnia, maj, maja, czerwiec, czerwca, "
        "lipiec, lipca, sierpień, sierpnia, wrzesień, września, październik, października, listopad, "
        "listopada, grudzień, grudnia, wiosna, lato, jesień, zima",
        Kind.NOISE: "około, ok, między, pomiędzy, a, od, z, w, we, r, zapewne, prawdopodobnie",
    },
    "Czech and Slovak": {
        Kind.BC: "př n l, př kr, před kristem, před naším letopočtem, pred kr, pr kr, pred n l, pred kristom",
        Kind.AD: "n l, po kr, našeho letopočtu, po kristu",
        Kind.CENTURY: "století, stol, st, storočie, storočia",
        Kind.HALF: "polovina, polovině, poloviny, pol, polovica, polovici",
        Kind.THIRD: "třetina, třetině, tretina",
        Kind.QUARTER: "čtvrtina, čtvrtině, čtvrť, štvrtina",
        Kind.EARLY: "počátek, počátku, poč, začátek, začátku, začiatok",
        Kind.MIDDLE: "střed",
        Kind.LATE: "konec, konce, konci, kon",
        Kind.ORDINAL: "první|prvá|prvý, druhá|druhé|druhý, třetí|tretí, čtvrtá|čtvrté|čtvrtý, páté, šesté",
        Kind.LAST: "poslední, posledná",
        Kind.TO: "nebo, až, a, alebo",
        Kind.BEFORE: "před, pred",
        Kind.AFTER: "po",
        Kind.MONTH: "leden, ledna, únor, února, březen, března, duben, dubna, květen, května, červen, června, "
        "červenec, července, srpen, srpna, září, říjen, října, listopad, prosinec, prosince, jaro, léto, "
        "podzim",
        Kind.DECADE: "léta, letech",
        Kind.NOISE: "kolem, asi, přibližně, okolo, mezi, z, ze, let",
    },
    "Scandinavian": {
        Kind.BC: "f kr, f krf, före kristus, før kristus, før kr, före kr, f v t, før vor tidsregning",
        Kind.AD: "e.kr, eft kr, efter kr, efter kristus, etter kr, etter kristus, e v t",
        Kind.CENTURY: "århundradet, århundrade, århundrede, århundre, århundret, sekel, seklet, årh",
        Kind.HUNDRED: "tal, talet, tallet",
        Kind.HALF: "hälft, hälften, hälften av, halvdel, halvdelen, halvdelen av",
        Kind.THIRD: "tredjedel, tredjedelen",
        Kind.QUARTER: "fjärdedel, fjärdedelen, fjerdedel, kvartal",
        Kind.EARLY: "början, början av, tidigt, tidlig, begyndelsen, begyndelsen av",
        Kind.MIDDLE: "mitten, mitten av, midten, midten av",
        Kind.LATE: "slutet, slutet av, slut, sent, slutningen, slutten, slutten av",
        Kind.ORDINAL: "första|første, andra|andre|anden, tredje, fjärde|fjerde, femte, sjätte|sjette",
        Kind.LAST: "sista, sidste, siste",
        Kind.TO: "och, og, eller, til",
        Kind.UNTIL: "till",
        Kind.BEFORE: "före, før, innan, eller tidigare",
        Kind.AFTER: "efter, etter, från och med, eller senare",
        Kind.YEAR: "år",
        Kind.MONTH: "januari, februari, mars, maj, juni, juli, augusti, oktober, desember, vår, sommar, höst, vinter, "
        "forår, efterår",
        Kind.NOISE: "cirka, omkring, mellan, mellem, mellom, från, fra, af, på, den, det, tidigast",
    },
    "Hungarian": {
        Kind.BC: "i.e, kr e, krisztus előtt, időszámításunk előtt",
        Kind.AD: "i sz, kr u, krisztus után, időszámításunk szerint",
        Kind.CENTURY: "század*, sz, szd",
        Kind.HALF: "fele, felében",
        Kind.THIRD: "harmada, harmadában",
        Kind.QUARTER: "negyede, negyedében",
        Kind.EARLY: "eleje, elején, kezdete",
        Kind.MIDDLE: "közepe, közepén",
        Kind.LATE: "vége, végén",
        Kind.ORDINAL: "első, második, harmadik, negyedik, ötödik",
        Kind.LAST: "utolsó",
        Kind.TO: "és, vagy, tól, től",
        Kind.UNTIL: "ig",
        Kind.BEFORE: "előtt, előttről",
        Kind.AFTER: "után, utánról, tól kezdve",
        Kind.YEAR: "év, évek, évi",
        Kind.MONTH: "január, február, március, április, május, június, július, augusztus, szeptember, október, "
        "november, tavasz, nyár, ősz, tél",
        Kind.NOISE: "kb, körül, körüli, között, közötti, ból, ből, a, az, kora, kései, valószínűleg",
    },
    "Russian and Ukrainian": {
        Kind.BC: "до н э, до н е, до р х, до р хр, до нашей эры, до нашої ери, до рождества христова, пр н е, пр хр",
        Kind.AD: "н э, н е, р х, от р х, по р х, нашей эры, нашої ери, от рождества христова, сл хр",
        Kind.CENTURY: "век*, вв, столетие, столетия, ст, століття",
        Kind.HALF: "половина, половины, половине, пол",
        Kind.THIRD: "треть, трети, третина",
        Kind.QUARTER: "четверть, четверти, четв, чверть",
        Kind.EARLY: "начало, начала, начале, нач, ранний, поч, початок",
        Kind.MIDDLE: "середина, середины, середине, сер",
        Kind.LATE: "конец, конца, конце, кон, поздний, кінець",
        Kind.ORDINAL: "перв*|перша, втор*|друга, трет*, четверт*, пят*",
        Kind.LAST: "последн*, посл, остання",
        Kind.TO: "и, или, по, та, або",
        Kind.UNTIL: "до",
        Kind.BEFORE: "ранее, раньше, не позднее, перед, или ранее",
        Kind.AFTER: "после, не ранее, начиная с, или позднее, или позже, після",
        Kind.YEAR: "год, года, году, рік, року",
        Kind.DECADE: "годы, годов, годах",
        Kind.MONTH: "январь, января, февраль, февраля, март, марта, апрель, апреля, май, мая, июнь, июня, июль, июля, "
        "август, августа, сентябрь, сентября, октябрь, октября, ноябрь, ноября, декабрь, декабря, весна, "
        "весной, лето, летом, осень, осенью, зима, зимой",
        Kind.NOISE: "около, ок, примерно, между, от, с, в, во, г, гг, р, рр, возможно, вероятно, приблизно, близько",
    },
    "Greek": {
        Kind.BC: "π χ, π κ ε, προ χριστού, π x",
        Kind.AD: "μ χ, κ ε, μετά χριστόν, μ x",
        Kind.CENTURY: "αιώνας, αιώνα, αιώνες, αι, αιών",
        Kind.HALF: "μισό, ήμισυ",
        Kind.THIRD: "τρίτο",
        Kind.QUARTER: "τέταρτο",
        Kind.EARLY: "αρχές, αρχή",
        Kind.MIDDLE: "μέσα, μέσο",
        Kind.LATE: "τέλη, τέλος",
        Kind.ORDINAL: "πρώτο|πρώτος|πρώτου, δεύτερο|δεύτερος|δεύτερου, τρίτος|τρίτου, τέταρτος|τέταρτου",
        Kind.LAST: "τελευταίο",
        Kind.TO: "και, ή",
        Kind.UNTIL: "έως, ως, μέχρι",
        Kind.BEFORE: "πριν, πριν από, προ",
        Kind.AFTER: "μετά, μετά το, από το έτος",
        Kind.YEAR: "έτος, έτους",
        Kind.MONTH: "ιανουάριος, φεβρουάριος, μάρτιος, απρίλιος, μάιος, ιούνιος, ιούλιος, αύγουστος, σεπτέμβριος, "
        "οκτώβριος, νοέμβριος, δεκέμβριος, άνοιξη, καλοκαίρι, φθινόπωρο, χειμώνας",
        Kind.NOISE: "περίπου, περ, γύρω, στο, στα, του, το, τον, των, μεταξύ, από, γ, πιθανώς, ο",
    },
    "Turkish": {
        Kind.BC: "mö, m.ö, iö, i.ö, milattan önce, isa dan önce",
        Kind.AD: "ms, m.s, is, i.s, milattan sonra, isa dan sonra",
        Kind.CENTURY: "yüzyıl*, yy, y y",
        Kind.HALF: "yarısı",
        Kind.QUARTER: "çeyreği, çeyrek",
        Kind.EARLY: "başı, başları, erken",
        Kind.MIDDLE: "ortası, ortaları",
        Kind.LATE: "sonu, sonları, geç",
        Kind.ORDINAL: "ilk|birinci, ikinci, üçüncü, dördüncü, beşinci",
        Kind.LAST: "son",
        Kind.TO: "veya, ile",
        Kind.UNTIL: "kadar",
        Kind.BEFORE: "önce, öncesi",
        Kind.AFTER: "sonra, sonrası",
        Kind.YEAR: "yıl, yılı",
        Kind.MONTH: "ocak, şubat, mart, nisan, mayıs, haziran, temmuz, ağustos, eylül, ekim, kasım, aralık, ilkbahar, "
        "sonbahar",
        Kind.NOISE: "yaklaşık, yak, civarı, arası, arasında, dan, den",
    },
    "Romanian": {
        Kind.BC: "î hr, î e n, înainte de hristos",
        Kind.AD: "d hr, după hristos",
        Kind.CENTURY: "secolul, secolele",
        Kind.HALF: "jumătate, jumătatea",
        Kind.BEFORE: "înainte de",
        Kind.AFTER: "după",
    },
}
