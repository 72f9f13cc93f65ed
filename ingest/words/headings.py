# ruff: noqa: RUF001 (letters of other scripts are meant)
"""The words of which the headings of tables are made, in the languages of the catalogues.

Case, accents, punctuation and articles do not count, nor does the order of the words. The languages stand in this
order: English, German, French, Italian, Spanish and Catalan, Portuguese, Dutch, Swedish and Danish, Polish, Czech,
Hungarian, Russian, Greek, Turkish.
"""

from dataclasses import dataclass

#: Headings by the column of the graph that they stand for.
COLUMNS = {
    "mint": """mint, mint name, mint place, place of minting, mint city, mint label, production place,
        place of production, Münzstätte, Prägestätte, Prägeort, Münzort, Münzprägestätte, Mzst, Mst, atelier,
        atelier d'émission, atelier monétaire, lieu de frappe, lieu d'émission, lieu de production, zecca,
        luogo di emissione, luogo di coniazione, ceca, lugar de acuñación, lugar de emisión, taller, seca,
        casa da moeda, local de cunhagem, oficina, munthuis, muntplaats, muntatelier, muntslagplaats, myntort,
        myntsted, mennica, miejsce emisji, miejsce wybicia, mincovna, místo ražby, verde, verdehely, pénzverde,
        монетный двор, место чеканки, чеканка, νομισματοκοπείο, τόπος κοπής, darphane, darp yeri, basım yeri""",
    "material": """material, materials, metal, metal name, medium, primary material, material label, composition,
        Metall, Werkstoff, matière, matériau, matériaux, métal, materiale, metallo, materia, metall, materiaal,
        metaal, materiał, kruszec, surowiec, kov, materiál, fém, anyag, nemesfém, материал, металл, μέταλλο, υλικό,
        maden, malzeme, metal cinsi""",
    "denomination": """denomination, denomination name, denomination label, denom, nominal, Nominale, Münzname,
        dénomination, valeur faciale, nominale, denominazione, denominación, valor facial, denominació, denominação,
        nominaal, denominatie, muntsoort, valör, nominał, nominał monety, nominál, címlet, névérték, номинал,
        деноминация, достоинство, ονομαστική αξία, υποδιαίρεση, birim, nominal değer""",
    "authority": """authority, issuer, issuing authority, authority name, Prägeherr, Münzherr, Münzherrschaft,
        Münzstand, Autorität, Emittent, autorité, autorité émettrice, émetteur, pouvoir émetteur, autorità,
        autorità emittente, emittente, autoridad, autoridad emisora, emisor, autoritat, emissor, autoridade,
        autoridade emissora, muntheer, uitgever, autoriteit, uitgevende instantie, utgivare, myntherre, emitent,
        władza, vydavatel, kibocsátó, эмитент, власть, эмиссионная власть, εκδίδουσα αρχή, αρχή, εκδότης, otorite,
        ihraç eden""",
    "ruler": """ruler, ruler name, emperor, king, reign, Herrscher, Kaiser, König, souverain, empereur, roi, règne,
        sovrano, imperatore, regnante, gobernante, emperador, rey, governant, imperador, governante, heerser,
        keizer, vorst, härskare, kejsare, hersker, władca, cesarz, panovník, císař, vladař, uralkodó, császár,
        правитель, император, царь, ηγεμόνας, αυτοκράτορας, hükümdar, imparator""",
    "findspot": """findspot, find spot, find place, find site, find location, place found, place of finding, site,
        Fundort, Fundstelle, Fundplatz, lieu de découverte, lieu de trouvaille, site de découverte, trouvaille,
        luogo di ritrovamento, luogo di rinvenimento, luogo di trovamento, rinvenimento, ritrovamento,
        lugar de hallazgo, hallazgo, lugar del hallazgo, lloc de troballa, troballa, local de achado, achado,
        vindplaats, vondstlocatie, fyndort, fyndplats, findested, miejsce znalezienia, miejsce odkrycia, naleziště,
        místo nálezu, lelőhely, место находки, место обнаружения, находка, τόπος εύρεσης, θέση εύρεσης, εύρεση,
        buluntu yeri, bulunduğu yer""",
    "provenance": """provenance, Provenienz, Herkunft, provenienza, procedencia, procedència, proveniência,
        procedência, herkomst, proveniens, pochodzenie, proweniencja, původ, provenience, származás, происхождение,
        провенанс, προέλευση, köken, geliş yeri""",
    "weight": """weight, wt, weight measurement, mass, Gewicht, Masse, Gew, poids, masse, peso, massa, pes, gewicht,
        vikt, vægt, vekt, waga, masa, ciężar, hmotnost, váha, tömeg, súly, greutate, вес, масса, βάρος, μάζα,
        ağırlık""",
    "diameter": """diameter, dia, diam, dm, diameter measurement, Durchmesser, Durchm, Dm, Ø, diamètre, module,
        diametro, modulo, diámetro, módulo, diàmetre, diâmetro, doorsnede, middellijn, średnica, średn, průměr,
        átmérő, diametru, диаметр, διάμετρος, çap""",
    "thickness": """thickness, Dicke, Stärke, épaisseur, spessore, espesor, grosor, gruix, espessura, dikte,
        tjocklek, tykkelse, grubość, tloušťka, vastagság, grosime, толщина, πάχος, kalınlık""",
    "die_axis": """die axis, axis, die axis measurement, dieaxis, die position, die orientation, die alignment,
        alignment, Stempelstellung, Stempelachse, Achse, Stst, Stempelst, axe, axe des coins, orientation des coins,
        axe des côtés, orientation, asse, asse di conio, asse dei conii, orientamento, orientamento dei conii, eje,
        ejes, eje de cuños, posición de cuños, orientación, eix, orientació, eixo, eixos, posição dos cunhos,
        orientação, stempelstand, muntslag, stämpelställning, stempelstilling, oś, oś stempli, położenie stempli,
        układ stempli, osa, osa razidel, postavení razidel, éremállás, tengely, ось, оси, соотношение осей,
        соотношение сторон, ориентация, оси штемпелей, άξονας, άξονας σφραγίδων, kalıp yönü, yön, eksen,
        kalıp ekseni""",
    "date": """date, dated, dating, year, date text, chronology, object date, production date, date of production,
        mint date, Datierung, Datum, Zeit, Prägezeit, Prägedatum, Prägejahr, Zeitstellung, Jahr, datation, année,
        chronologie, date de frappe, date d'émission, datazione, data, anno, cronologia, data di emissione,
        data di coniazione, fecha, año, cronología, datación, fecha de emisión, datació, any, datação, ano,
        datering, jaar, jaartal, årtal, datowanie, rok, chronologia, data emisji, datace, datování, datum, keltezés,
        évszám, év, kor, kibocsátás éve, datare, дата, датировка, год, год чеканки, дата чеканки, χρονολογία,
        χρονολόγηση, έτος, ημερομηνία, tarih, yıl, tarihlendirme""",
    "type": """type, coin type, type name, Typ, Münztyp, type monétaire, type de monnaie, tipo, tipo di moneta,
        tipo de moneda, tipo monetario, tipo monetale, tipus, tipo de moeda, munttype, mynttyp, mønttype, typ,
        typ monety, typ mince, típus, érmetípus, тип, тип монеты, τύπος, τύπος νομίσματος, tip, sikke tipi""",
    "collection": """collection, Sammlung, Slg, collezione, raccolta, colección, col·lecció, coleção, collectie,
        verzameling, samling, kolekcja, zbiór, sbírka, gyűjtemény, коллекция, собрание, συλλογή, koleksiyon""",
    "inventory_number": """inventory, inventory number, inventory code, accession, accession number, museum number,
        register number, registration number, cote, sygnatura, envanter, envanter numarası, envanter no, leltár,
        leltári szám, инв, инв номер, αριθμός ευρετηρίου, αρ ευρετηρίου, αριθμός εισαγωγής, αρ εισαγωγής""",
    "object_type": """object type, type of object, Objekttyp, Objektart, Sachbegriff, type d'objet,
        nature de l'objet, tipo di oggetto, tipo di reperto, tipo de objeto, soort object, objecttype, typ obiektu,
        typ předmětu, tárgytípus, тип объекта, тип предмета, obje türü""",
    "country": "country, Land, pays, paese, país, land, kraj, země, ország, страна, χώρα, ülke",
    "region": """region, Region, région, regione, región, regió, região, regio, kraina, régió, регион, область,
        περιοχή, bölge""",
    "hoard": """hoard, Hort, Schatzfund, trésor, tesoro, ripostiglio, tesorillo, tresor, muntschat, depåfynd, skarb,
        depot, kincslelet, клад, θησαυρός, define""",
    "title": """title, Titel, Bezeichnung, titre, intitulé, titolo, título, títol, titel, tytuł, název, cím,
        название, заглавие, τίτλος, başlık""",
    "reference": """reference, references, ref, refs, réf, Zit, catalogue reference, Referenz, Referenzen, Zitat,
        référence, références, riferimento, riferimenti, referencia, referencias, referència, referência,
        referências, referentie, referens, referencja, hivatkozás, ссылка, ссылки, каталог, αναφορά, παραπομπή,
        referans""",
    "literature": """literature, bibliography, Literatur, bibliographie, bibliografia, bibliografía, literatuur,
        litteratur, literatura, irodalom, литература, библиография, βιβλιογραφία, kaynakça, literatür""",
    "comment": """comment, comments, note, notes, remark, remarks, Bemerkung, Bemerkungen, Anmerkung, Anmerkungen,
        Kommentar, remarque, remarques, commentaire, commentaires, observations, nota, osservazioni, commento,
        observaciones, notas, comentario, comentarios, observacions, observações, opmerking, opmerkingen,
        anmärkning, bemærkning, uwagi, komentarz, poznámka, poznámky, megjegyzés, примечание, примечания,
        комментарий, σημειώσεις, παρατηρήσεις, notlar, açıklama""",
    "condition": """condition, conservation, preservation, Erhaltung, Erh, Erhaltungszustand, Zustand,
        état de conservation, stato di conservazione, conservazione, estado de conservación, conservación,
        estat de conservació, estado de conservação, conservação, conditie, bewaringstoestand, skick, bevaring,
        stan zachowania, stan, zachovalost, megtartás, állapot, сохранность, состояние, κατάσταση διατήρησης,
        kondisyon""",
    "latitude": "latitude, lat, Breitengrad, geographische Breite, latitudine, latitud, szerokość geograficzna, широта",
    "longitude": "longitude, lon, lng, long, Längengrad, geographische Länge, longitudine, longitud, долгота",
    "number": "number, Nummer, numéro, numero, número, nummer, numer, číslo, sorszám, номер, αριθμός, numara",
    "camera": "camera, Kamera, appareil photo",
    "side": """side, face, coin side, Seite, côté, lato, faccia, lado, cara, zijde, sida, strona, strana, oldal,
        сторона, πλευρά, όψη, yüz""",
    # Dies with words for "die" that mean something else elsewhere.
    "obverse_die": "coin de droit, coin droit, coin d'avers, coin du droit",
    "reverse_die": "coin de revers, coin revers, coin du revers",
}
#: The words of which the headings of years are made: `Datation début`, `year_from`, `objectBeginDate`, `bis`.
SPANS = {
    "date_from": """from, begin, beginning, start, starting, earliest, von, ab, Beginn, Anfang, früheste, début,
        debut, depuis, à partir, de l'année, inizio, iniziale, dal, da, inicio, inicial, desde, inici, des de,
        início, van, vanaf, från, fra, od, początek, začátek, kezdet, kezdete, начало, начала, начальный, начальная,
        с, от, από, έναρξη, başlangıç, not before, terminus post quem, tpq, fromdate, numdate1, min, lower, first""",
    "date_to": """to, end, ending, until, latest, bis, Ende, späteste, fin, jusque, jusqu'à, à, fine, finale, al, a,
        hasta, final, fins, até, fim, tot, t/m, eind, till, til, slut, do, koniec, konec, vég, vége, конец, конца,
        конечный, конечная, окончание, до, по, έως, ως, μέχρι, λήξη, bitiş, son, not after, terminus ante quem, taq,
        todate, numdate2, max, upper, last""",
}
#: Of these, the words that say nothing of years where they stand alone.
SPAN_ONLY_BESIDE_DATE = (
    "de l'année, min, max, lower, upper, first, last, à, a, с, по, al, son, final, finale, fine, da, ab"
)
#: What a heading may say of a side, as in `Legende Vorderseite`, `descriptif droit`, `Stempel Rs.`
OF_A_SIDE = {
    "legend": """legend, inscription, Legende, Umschrift, Inschrift, légende, leggenda, iscrizione, leyenda,
        inscripción, llegenda, legenda, inscrição, omschrift, omskrift, napis, körirat, felirat, легенда, надпись,
        επιγραφή, lejant, yazı""",
    "description": """description, desc, Beschreibung, Bild Beschreibung, descriptif, descrizione, descripción,
        descripció, descrição, beschrijving, beskrivning, beskrivelse, opis, popis, leírás, описание, περιγραφή,
        tanım, betimleme""",
    "die": """die, dies, Stempel, coin, conio, cuño, encuny, cunho, stempel, stämpel, tłok, razidlo, verőtő, bélyeg,
        штемпель, σφραγίδα, kalıp""",
    "type": "type, Typ, tipo, tipus, typ, típus, тип, τύπος, tip",
    "portrait": "portrait, Porträt, ritratto, retrato, portret, portrét, портрет",
    "image": """image, picture, Bild, Abbildung, immagine, imagen, imatge, imagem, afbeelding, beeld, bild, billede,
        obraz, zdjęcie, obrázek, kép, изображение, εικόνα, görüntü, resim""",
    "photo": """photo, photograph, Foto, Fotografie, Aufnahme, fotografia, fotografía, foto, fénykép, фото,
        φωτογραφία, fotoğraf""",
    "file": """file, Datei, fichier, archivio, archivo, fitxer, ficheiro, arquivo, bestand, fil, plik, soubor, fájl,
        файл, αρχείο, dosya""",
    "file_name": """file name, filename, Dateiname, nom de fichier, nome file, nome del file, nombre de archivo,
        nazwa pliku, имя файла, název souboru, bestandsnaam, fájlnév""",
    "number": "number, Nummer, numéro, numero, número, numer, číslo, номер",
}
#: Headings that say which coin a row speaks of, whatever their name in the graph.
KEYS = """id, identifier, key, coin, coin id, coin number, object id, object number, object, objectid, record id,
    record number, specimen, specimen id, specimen number, item, item number, item id, catalogue number,
    catalog number, cat number, kat nr, number, folder, directory, Ordner, dossier, cartella, carpeta, папка,
    find id, system number, lot, lot number, old find id, small find, small find number, sf number, find number,
    ident, Fd nr, Kennung, Kennnummer, Schlüssel, Münze, Münznummer, Objekt, Objektnummer, Objekt ID, Katalognummer,
    Katalognr, Katnr, Fundnummer, laufende Nummer, lfd Nr, identifiant, clé, monnaie, numéro de catalogue,
    numéro de monnaie, identificativo, identificatore, codice, moneta, numero di catalogo, numero di moneta,
    identificador, clave, código, moneda, número de catálogo, número de moneda, chave, moeda, munt, muntnummer,
    catalogusnummer, objectnummer, mynt, katalognummer, identyfikator, numer katalogowy, identifikátor, mince,
    katalogové číslo, azonosító, érme, katalógusszám, идентификатор, код, монета, номер монеты, номер по каталогу,
    каталожный номер, шифр, ключ, κωδικός, νόμισμα, αριθμός καταλόγου, kimlik, sikke, sikke no, katalog no, sıra no"""
#: Words for a number, as in `N° d'inventaire`, `Inv.-Nr.`, `nº catálogo`.
NUMBERS = """number, num, no, nr, nro, n, ndeg, nummer, numero, numéro, número, numer, núm, numara, номер, č, čís,
    číslo, szám, αριθμός"""
#: Words that say nothing: articles, prepositions, and what the tables of museums put before everything.
LITTLE = """of the a an de d du des la le les l del della dello dei delle di do da dos das el els los las van het dem
    den der"""
NOISE = "object coin item specimen objekt objet moneda moneta munze numeric approximate"
#: Words for a side, which say nothing beside one for the obverse: `Ön yüz`, `Лицевая сторона`.
SIDES = "side sides Seite Seiten côté lato lado zijde strona strana сторона όψη yüz sida oldal"
#: What is put behind the heading of a column of names: `mint_label`, `Material Term`.
LABELS = "name label term text value"
#: A column with one of these words speaks of a corpus, a die, a place in a book; it never says which coin is meant.
NEVER_KEYS = """ric rrc rpc bmc bmcre sng crawford sear price cohen mec gic hgc die dies stempel axis page seite
    plate tafel pl taf planche tav lamina quantity count anzahl nombre quantita cantidad year jahr date mint hoard
    type typ material metal denomination region country ruler authority reference issue officina emission century
    volume vol band tome width height"""
#: Headings of nothing but these, and words for a number, count coins.
COUNTS = """coins specimens pieces pcs examples qty stuck stueck stk muenzen exemplare monnaies exemplaires monete
    esemplari pezzi monedas ejemplares piezas moedas exemplares pecas munten exemplaren monety sztuk kusu ks darab
    count total"""
#: Columns that never say which coin a row speaks of.
NEVER_KEY_COLUMNS = """mint material denomination authority ruler findspot provenance weight diameter thickness
    die_axis date date_from date_to type collection obverse_die reverse_die country region hoard reference literature
    comment condition latitude longitude camera side"""


@dataclass(frozen=True)
class Unit:
    """What a unit measures, and by how much a number is multiplied to be in grams, millimetres, hours or degrees."""

    name: str
    kind: str
    factor: float = 1.0


#: Units by their spellings. `gr` is grams: in catalogues it is hardly ever grains.
UNITS = {
    spelling: unit
    for unit, spellings in {
        Unit("g", "mass"): """g gr grs gm gms gramm gramms gram grams gramme grammes grammi grammo gramos gramas gramow
            gramů gramów г гр γρ""",
        Unit("mg", "mass", 0.001): "mg milligram milligrams milligramm мг",
        Unit("grains", "mass", 0.06479891): "grain grains grn",
        Unit("mm", "length"): """mm millimetre millimetres millimeter millimeters millimètres millimetri milímetros мм
            χιλ""",
        Unit("cm", "length", 10.0): "cm centimetre centimetres centimeter centimeters centimètres centimetri см εκ",
        Unit("inches", "length", 25.4): "in inch inches zoll",
        Unit("hours", "hours"): """h hr hrs hour hours o'clock oclock uhr heure heures ora ore hora horas uur kl godz
            godzina hod ч час часов ώρα""",
        Unit("degrees", "degrees"): """° º deg degree degrees grad grade gradi grados degrés graden stopni градус
            градусов""",
    }.items()
    for spelling in spellings.split()
}
#: Signs of units that stand as headings by themselves, by what is measured so.
UNIT_SIGNS = {"weight": "g gr gm gms г", "diameter": "mm cm мм", "die_axis": "h °"}
#: Eras as headings name them, as in `Date (BC)`, `von (v. Chr.)`.
ERAS = {
    "BC": """BC, BCE, B.C., B.C.E., v. Chr., v.Chr., v. u. Z., av. J.-C., avant J.-C., a.C., a. C., a.e.v., v.C.,
        př. n. l., p.n.e., i.e., f.Kr., до н. э., до н.э., π.Χ., M.Ö.""",
    "AD": """AD, CE, A.D., C.E., n. Chr., n.Chr., u. Z., apr. J.-C., ap. J.-C., après J.-C., d.C., d. C., e.v.,
        n.C., n. l., n.e., i.sz., e.Kr., н. э., н.э., μ.Χ., M.S.""",
}
#: The same as single words, which count only below a heading that speaks of an era: `v. / n. Chr.`, `Era`.
SHORT_ERAS = {
    "BC": "v vor av avant a b antes avanti przed pred fore",
    "AD": "n nach ap apr apres d despues dopo po efter",
}
ERA_WORDS = "era aera eras ere erze epoch chr jc bc bce ad ce"
