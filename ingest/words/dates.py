"""The words with which catalogues write dates, a text for each language: the one place to extend.

A text gives for each kind of word the phrases that are of this kind, between commas. A space in a phrase stands for any
dots, spaces and hyphens, or none (`a c` is a.C., a. C. and AC); a dot stands for a dot that must be there; `*` for any
further letters; `|` for another form of the same. Case and accents do not matter.
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

_TEXTS = {
    "English": """
        BC: b c, b c e, before christ, before the common era, before common era;
        AD: a d, c e, anno domini, of the common era, common era; CENTURY: century, centuries, cent, cents; HALF: half;
        QUARTER: quarter, qtr; EARLY: early, earlier part, beginning, start; MIDDLE: mid, middle;
        LATE: late, later part, end; ORDINAL: first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth;
        LAST: last; TO: to, through, and, or; UNTIL: until, till, up to;
        BEFORE: before, pre, prior to, earlier than, not later than, no later than, by, or before, or earlier,
            and before, and earlier, or slightly before;
        AFTER: after, since, later than, not before, not earlier than, no earlier than, onward, onwards, or after,
            or later, and after, and later, or slightly after, from onwards;
        YEAR: year, years, yr, yrs;
        MONTH: january, february, march, april, may, june, july, august, september, october, november, december, spring,
            summer, autumn, fall, winter;
        NOISE: c, ca, circa, cca, about, roughly, around, approx, probably, perhaps, possibly, between, from, in, the,
            of, either, during, prob, poss, approximately, sometime, struck, minted, issued, dated, shortly, soon, just,
            ides""",
    "Latin": """
        BC: a chr, a chr n, ante christum, ante christum natum, ante chr;
        AD: p c, p chr, p chr n, post christum, post christum natum, post chr;
        CENTURY: saec, saeculum, saeculi, saeculo; BEFORE: ante, terminus ante quem, t a q;
        AFTER: post, terminus post quem, t p q""",
    "German": """
        BC: v chr, v chr geb, vor chr, vor christus, vor christi geburt, v u z, v d z, vor unserer zeitrechnung,
            vor der zeitenwende, v d zw;
        AD: n chr, n chr geb, nach chr, nach christus, nach christi geburt, n u z, n d z, u z, unserer zeitrechnung,
            nach der zeitenwende, n d zw;
        CENTURY: jahrhundert*, jh, jhs, jhd, jhds, jhdt, jhdts, jhh; HALF: hälfte; THIRD: drittel*;
        QUARTER: viertel*, v t l; EARLY: anfang, anf, beginn, früh, frühe, frühes, frühen; MIDDLE: mitte, mittler*;
        LATE: ende, spät, späte, spätes, späten;
        ORDINAL: erste*, zweite*, dritte*, vierte*, fünfte*, sechste*, siebte*, achte*, neunte*, zehnte*; LAST: letzte*;
        TO: und, oder, u, zu, zum, zur; UNTIL: bis;
        BEFORE: vor, spätestens, früher als, oder früher, und früher, oder davor;
        AFTER: nach, seit, ab, später als, nicht vor, frühestens, oder später, und später, oder danach;
        YEAR: jahr, jahre, jahren, jahres;
        MONTH: januar, jänner, februar, märz, april, mai, juni, juli, august, september, oktober, november, dezember,
            frühling, frühjahr, frühsommer, sommer, spätsommer, herbst, winter;
        NOISE: etwa, um, ungefähr, wohl, vermutlich, wahrscheinlich, vielleicht, zwischen, von, vom, der, des, die, das,
            dem, d, im, geprägt, kurz, bald, zirka""",
    "French": """
        BC: av j c, avant j c, av jesus christ, avant jésus christ, av n è, avant n è, avant notre ère, a e c,
            avant l ère commune, avant l ère chrétienne;
        AD: ap j c, apr j c, après j c, après jésus christ, ap n è, apr n è, de notre ère, de n è, e c,
            de l ère commune, de l ère chrétienne, de l ère vulgaire;
        CENTURY: siècle, siècles, s, ss, siècl; HALF: moitié; THIRD: tiers; QUARTER: quart; EARLY: début, commencement;
        MIDDLE: milieu; LATE: fin;
        ORDINAL: premier|première, deuxième|second|seconde, troisième, quatrième, cinquième, sixième, septième,
            huitième, neuvième, dixième;
        LAST: dernier, dernière; TO: à, au, et, ou; UNTIL: jusqu à, jusqu au, jusqu en;
        BEFORE: avant, av, antérieur à, au plus tard, ou avant, et avant;
        AFTER: après, ap, depuis, à partir de, à partir du, postérieur à, au plus tôt, pas avant, ou après, et après,
            ou plus tard;
        YEAR: an, année; DECADE: années, ans;
        MONTH: janvier, février, mars, avril, mai, juin, juillet, août, septembre, octobre, novembre, décembre,
            printemps, été, automne, hiver;
        NOISE: vers, environ, env, autour, entre, de, du, des, d, l, le, la, les, dans, aux, peu, probablement,
            sans doute, peut être""",
    "Italian": """
        BC: a c, av c, avanti cristo, prima di cristo, prima dell era volgare, a.e.v;
        AD: d c, dopo cristo, dell era volgare, e.v; CENTURY: secolo, secoli, sec, secc; HALF: metà;
        EARLY: inizio, inizi, principio; MIDDLE: a metà; LATE: fine, tardo;
        ORDINAL: primo|prima|primi, secondo|seconda, terzo|terza, quarto|quarta, quinto, sesto, settimo, ottavo, nono,
            decimo;
        LAST: ultimo, ultima; TO: e, ed, al, ai, a, o; UNTIL: fino al, fino a, sino al, sino a;
        BEFORE: prima del, prima dell, prima di, prima della, anteriore al, ante, entro il, o prima, e prima;
        AFTER: dopo, dopo il, a partire dal, a partire da, posteriore al, non prima del, o dopo, e oltre, in poi;
        YEAR: anno; DECADE: anni;
        MONTH: gennaio, febbraio, marzo, aprile, maggio, giugno, luglio, agosto, settembre, ottobre, novembre, dicembre,
            primavera, estate, autunno, inverno;
        NOISE: verso, intorno, attorno, tra, fra, dal, dall, dalla, da, di, del, dell, della, dei, degli, negli, nel,
            il, lo, gli, alla, all, poco, probabilmente, forse""",
    "Spanish": """
        BC: a c, a de c, a j c, a de j c, antes de cristo, a n e, antes de nuestra era, antes de la era común;
        AD: d c, d de c, d j c, d de j c, después de cristo, d n e, de nuestra era, de la era común, e c;
        CENTURY: siglo, siglos, sig, sgl; HALF: mitad; THIRD: tercio;
        EARLY: principios, principio, comienzos, comienzo, inicios, inicio; MIDDLE: mediados;
        LATE: fin, fines, final, finales;
        ORDINAL: primer|primero|primera, segundo|segunda, tercer|tercero|tercera, cuarto|cuarta, quinto, sexto, séptimo,
            octavo, noveno, décimo;
        LAST: último, última; TO: y, o, u, a, al; UNTIL: hasta;
        BEFORE: antes de, antes del, anterior a, anterior al, o antes, y antes;
        AFTER: después de, después del, desde, a partir de, a partir del, posterior a, posterior al, tras, o después,
            y después;
        YEAR: año; DECADE: años;
        MONTH: enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre,
            primavera, verano, otoño, invierno;
        NOISE: hacia, alrededor, aproximadamente, entre, de, del, el, los, las, posiblemente, quizás, poco""",
    "Portuguese": """
        BC: a e c, antes da era comum; AD: depois de cristo, da era comum; CENTURY: século, séculos, séc, sécs;
        HALF: metade; THIRD: terço; QUARTER: quartel; EARLY: início, inícios, começo; MIDDLE: meados; LATE: fim, finais;
        ORDINAL: primeiro|primeira, segundo|segunda, terceiro|terceira, quarto|quarta, quinto, sexto, sétimo, oitavo;
        TO: ou, ao; UNTIL: até; BEFORE: ou antes; AFTER: depois de, após, ou depois; YEAR: ano; DECADE: anos;
        MONTH: janeiro, fevereiro, março, maio, junho, julho, setembro, outubro, novembro, dezembro, verão, outono;
        NOISE: cerca, por volta, da, das, dos, no, em, provavelmente, talvez""",
    "Catalan": """
        BC: abans de crist; AD: després de crist; CENTURY: segle, segles; HALF: meitat; THIRD: terç;
        EARLY: inicis, principis, començament; MIDDLE: mitjan, mitjans; LATE: finals;
        ORDINAL: primera, segon|segona, tercera, quarta; LAST: darrer, darrera, últim; UNTIL: fins;
        BEFORE: abans de, abans del; AFTER: després de, després del, des de; DECADE: anys;
        NOISE: cap a, vers, voltant, els; MONTH: gener, març, maig, juny, juliol, setembre, estiu, tardor, hivern""",
    "Dutch": """
        BC: v.c, voor christus, voor chr, voor onze jaartelling, v o j;
        AD: n.c, na christus, na chr, na onze jaartelling, onze jaartelling; CENTURY: eeuw, eeuwen; HALF: helft;
        QUARTER: kwart; EARLY: begin, vroege; MIDDLE: midden; LATE: eind, einde, laat, late;
        ORDINAL: eerste, tweede, derde, vierde, vijfde, zesde; LAST: laatste; TO: en; UNTIL: tot;
        BEFORE: voor, vóór, of eerder; AFTER: na, vanaf, sinds, of later; YEAR: jaar;
        MONTH: januari, februari, maart, mei, juni, juli, augustus, lente, voorjaar, zomer, herfst, najaar;
        NOISE: omstreeks, rond, ongeveer, tussen, van, het, de, wellicht""",
    "Polish": """
        BC: p n e, przed naszą erą, przed chr, przed chrystusem; AD: n e, naszej ery, po chr, po chrystusie;
        CENTURY: wiek*, ww, stulecia, stulecie; HALF: połowa, połowy, połowie, poł, pol; THIRD: tercja;
        QUARTER: ćwierć, ćwierci, ćw, kwartał; EARLY: początek, początku, pocz; MIDDLE: środek;
        LATE: koniec, końca, końcu, kon, schyłek; ORDINAL: pierwsz*, drug*, trzeci*, czwart*, piąt*, szóst*;
        LAST: ostatni*; TO: lub, albo, oraz; UNTIL: do; BEFORE: przed, lub wcześniej; AFTER: po, od roku, lub później;
        YEAR: rok, roku; DECADE: lata, latach;
        MONTH: styczeń, stycznia, luty, lutego, marzec, marca, kwiecień, kwietnia, maj, maja, czerwiec, czerwca, lipiec,
            lipca, sierpień, sierpnia, wrzesień, września, październik, października, listopad, listopada, grudzień,
            grudnia, wiosna, lato, jesień, zima;
        NOISE: około, ok, między, pomiędzy, a, od, z, w, we, r, zapewne, prawdopodobnie""",
    "Czech and Slovak": """
        BC: př n l, př kr, před kristem, před naším letopočtem, pred kr, pr kr, pred n l, pred kristom;
        AD: n l, po kr, našeho letopočtu, po kristu; CENTURY: století, stol, st, storočie, storočia;
        HALF: polovina, polovině, poloviny, pol, polovica, polovici; THIRD: třetina, třetině, tretina;
        QUARTER: čtvrtina, čtvrtině, čtvrť, štvrtina; EARLY: počátek, počátku, poč, začátek, začátku, začiatok;
        MIDDLE: střed; LATE: konec, konce, konci, kon;
        ORDINAL: první|prvá|prvý, druhá|druhé|druhý, třetí|tretí, čtvrtá|čtvrté|čtvrtý, páté, šesté;
        LAST: poslední, posledná; TO: nebo, až, a, alebo; BEFORE: před, pred; AFTER: po;
        MONTH: leden, ledna, únor, února, březen, března, duben, dubna, květen, května, červen, června, červenec,
            července, srpen, srpna, září, říjen, října, listopad, prosinec, prosince, jaro, léto, podzim;
        DECADE: léta, letech; NOISE: kolem, asi, přibližně, okolo, mezi, z, ze, let""",
    "Scandinavian": """
        BC: f kr, f krf, före kristus, før kristus, før kr, före kr, f v t, før vor tidsregning;
        AD: e.kr, eft kr, efter kr, efter kristus, etter kr, etter kristus, e v t;
        CENTURY: århundradet, århundrade, århundrede, århundre, århundret, sekel, seklet, årh;
        HUNDRED: tal, talet, tallet; HALF: hälft, hälften, hälften av, halvdel, halvdelen, halvdelen av;
        THIRD: tredjedel, tredjedelen; QUARTER: fjärdedel, fjärdedelen, fjerdedel, kvartal;
        EARLY: början, början av, tidigt, tidlig, begyndelsen, begyndelsen av;
        MIDDLE: mitten, mitten av, midten, midten av;
        LATE: slutet, slutet av, slut, sent, slutningen, slutten, slutten av;
        ORDINAL: första|første, andra|andre|anden, tredje, fjärde|fjerde, femte, sjätte|sjette;
        LAST: sista, sidste, siste; TO: och, og, eller, til; UNTIL: till; BEFORE: före, før, innan, eller tidigare;
        AFTER: efter, etter, från och med, eller senare; YEAR: år;
        MONTH: januari, februari, mars, maj, juni, juli, augusti, oktober, desember, vår, sommar, höst, vinter, forår,
            efterår;
        NOISE: cirka, omkring, mellan, mellem, mellom, från, fra, af, på, den, det, tidigast""",
    "Hungarian": """
        BC: i.e, kr e, krisztus előtt, időszámításunk előtt; AD: i sz, kr u, krisztus után, időszámításunk szerint;
        CENTURY: század*, sz, szd; HALF: fele, felében; THIRD: harmada, harmadában; QUARTER: negyede, negyedében;
        EARLY: eleje, elején, kezdete; MIDDLE: közepe, közepén; LATE: vége, végén;
        ORDINAL: első, második, harmadik, negyedik, ötödik; LAST: utolsó; TO: és, vagy, tól, től; UNTIL: ig;
        BEFORE: előtt, előttről; AFTER: után, utánról, tól kezdve; YEAR: év, évek, évi;
        MONTH: január, február, március, április, május, június, július, augusztus, szeptember, október, november,
            tavasz, nyár, ősz, tél;
        NOISE: kb, körül, körüli, között, közötti, ból, ből, a, az, kora, kései, valószínűleg""",
    "Russian and Ukrainian": """
        BC: до н э, до н е, до р х, до р хр, до нашей эры, до нашої ери, до рождества христова, пр н е, пр хр;
        AD: н э, н е, р х, от р х, по р х, нашей эры, нашої ери, от рождества христова, сл хр;
        CENTURY: век*, вв, столетие, столетия, ст, століття; HALF: половина, половины, половине, пол;
        THIRD: треть, трети, третина; QUARTER: четверть, четверти, четв, чверть;
        EARLY: начало, начала, начале, нач, ранний, поч, початок; MIDDLE: середина, середины, середине, сер;
        LATE: конец, конца, конце, кон, поздний, кінець; ORDINAL: перв*|перша, втор*|друга, трет*, четверт*, пят*;
        LAST: последн*, посл, остання; TO: и, или, по, та, або; UNTIL: до;
        BEFORE: ранее, раньше, не позднее, перед, или ранее;
        AFTER: после, не ранее, начиная с, или позднее, или позже, після; YEAR: год, года, году, рік, року;
        DECADE: годы, годов, годах;
        MONTH: январь, января, февраль, февраля, март, марта, апрель, апреля, май, мая, июнь, июня, июль, июля, август,
            августа, сентябрь, сентября, октябрь, октября, ноябрь, ноября, декабрь, декабря, весна, весной, лето, летом,
            осень, осенью, зима, зимой;
        NOISE: около, ок, примерно, между, от, с, в, во, г, гг, р, рр, возможно, вероятно, приблизно, близько""",
    "Greek": """
        BC: π χ, π κ ε, προ χριστού, π x; AD: μ χ, κ ε, μετά χριστόν, μ x; CENTURY: αιώνας, αιώνα, αιώνες, αι, αιών;
        HALF: μισό, ήμισυ; THIRD: τρίτο; QUARTER: τέταρτο; EARLY: αρχές, αρχή; MIDDLE: μέσα, μέσο; LATE: τέλη, τέλος;
        ORDINAL: πρώτο|πρώτος|πρώτου, δεύτερο|δεύτερος|δεύτερου, τρίτος|τρίτου, τέταρτος|τέταρτου; LAST: τελευταίο;
        TO: και, ή; UNTIL: έως, ως, μέχρι; BEFORE: πριν, πριν από, προ; AFTER: μετά, μετά το, από το έτος;
        YEAR: έτος, έτους;
        MONTH: ιανουάριος, φεβρουάριος, μάρτιος, απρίλιος, μάιος, ιούνιος, ιούλιος, αύγουστος, σεπτέμβριος, οκτώβριος,
            νοέμβριος, δεκέμβριος, άνοιξη, καλοκαίρι, φθινόπωρο, χειμώνας;
        NOISE: περίπου, περ, γύρω, στο, στα, του, το, τον, των, μεταξύ, από, γ, πιθανώς, ο""",
    "Turkish": """
        BC: mö, m.ö, iö, i.ö, milattan önce, isa dan önce; AD: ms, m.s, is, i.s, milattan sonra, isa dan sonra;
        CENTURY: yüzyıl*, yy, y y; HALF: yarısı; QUARTER: çeyreği, çeyrek; EARLY: başı, başları, erken;
        MIDDLE: ortası, ortaları; LATE: sonu, sonları, geç; ORDINAL: ilk|birinci, ikinci, üçüncü, dördüncü, beşinci;
        LAST: son; TO: veya, ile; UNTIL: kadar; BEFORE: önce, öncesi; AFTER: sonra, sonrası; YEAR: yıl, yılı;
        MONTH: ocak, şubat, mart, nisan, mayıs, haziran, temmuz, ağustos, eylül, ekim, kasım, aralık, ilkbahar,
            sonbahar;
        NOISE: yaklaşık, yak, civarı, arası, arasında, dan, den""",
    "Romanian": """
        BC: î hr, î e n, înainte de hristos; AD: d hr, după hristos; CENTURY: secolul, secolele;
        HALF: jumătate, jumătatea; BEFORE: înainte de; AFTER: după""",
}


def _by_kind(text: str) -> dict[Kind, str]:
    entries = (entry.partition(":") for entry in " ".join(text.split()).split(";"))
    return {Kind[name.strip()]: listed.strip() for name, _, listed in entries}


#: The phrases of each language, by what they say.
LANGUAGES = {language: _by_kind(text) for language, text in _TEXTS.items()}
