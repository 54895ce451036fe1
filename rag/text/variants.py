"""Words that are taken for one: peoples and their countries, American and British spellings.

So "the Russian minister" and "Russia's minister" meet, and "defense" and "defence". Stemming makes
one form of a word stand for all, so that a row holds only what stems apart.
"""

from collections.abc import Iterator

# Peoples whose names mean nothing else in lower case: no Poles, no Danes.
_PEOPLES = """
Afghanistan Afghan; Albania Albanian; Algeria Algerian; Angola Angolan; Argentina Argentine
Argentinian; Armenia Armenian; Australia Australian; Austria Austrian; Azerbaijan Azerbaijani;
Bangladesh Bangladeshi; Belarus Belarusian; Belgium Belgian; Benin Beninese; Bolivia Bolivian;
Botswana Botswanan; Brazil Brazilian; Britain British Briton; Bulgaria Bulgarian; Burundi
Burundian; Cambodia Cambodian; Cameroon Cameroonian; Canada Canadian; Chad Chadian; Chile Chilean;
China Chinese; Colombia Colombian; Congo Congolese; Croatia Croatian; Cuba Cuban; Cyprus Cypriot;
Denmark Danish; Ecuador Ecuadorian; Egypt Egyptian; Eritrea Eritrean; Estonia Estonian; Ethiopia
Ethiopian; Europe European; Africa African; America American; Asia Asian; Finland Finnish Finns;
France French; Gabon Gabonese; Gambia Gambian; Georgia Georgian; Germany German; Ghana Ghanaian;
Greece Greek; Guinea Guinean; Haiti Haitian; Honduras Honduran; Hungary Hungarian; India Indian;
Indonesia Indonesian; Iran Iranian; Iraq Iraqi; Ireland Irish; Israel Israeli; Italy Italian;
Jamaica Jamaican; Japan Japanese; Jordan Jordanian; Kazakhstan Kazakh; Kenya Kenyan; Korea Korean;
Kosovo Kosovar; Kuwait Kuwaiti; Latvia Latvian; Lebanon Lebanese; Liberia Liberian; Libya Libyan;
Lithuania Lithuanian; Madagascar Malagasy; Malawi Malawian; Malaysia Malaysian; Mali Malian;
Mauritania Mauritanian; Mexico Mexican; Moldova Moldovan; Mongolia Mongolian; Morocco Moroccan;
Mozambique Mozambican; Myanmar Burmese; Namibia Namibian; Nepal Nepali Nepalese; Netherlands
Dutch; Nicaragua Nicaraguan; Niger Nigerien; Nigeria Nigerian; Norway Norwegian; Pakistan
Pakistani; Palestine Palestinian; Panama Panamanian; Paraguay Paraguayan; Peru Peruvian;
Philippines Filipino; Portugal Portuguese; Qatar Qatari; Romania Romanian; Russia Russian; Rwanda
Rwandan; Senegal Senegalese; Serbia Serbian Serb; Singapore Singaporean; Slovakia Slovak; Slovenia
Slovenian; Somalia Somali; Spain Spanish Spaniards; Sudan Sudanese; Sweden Swedish Swedes;
Switzerland Swiss; Syria Syrian; Taiwan Taiwanese; Tanzania Tanzanian; Thailand Thai; Togo
Togolese; Tunisia Tunisian; Turkey Turkish Turks; Uganda Ugandan; Ukraine Ukrainian; Uruguay
Uruguayan; Uzbekistan Uzbek; Venezuela Venezuelan; Vietnam Vietnamese; Yemen Yemeni; Zambia
Zambian; Zimbabwe Zimbabwean
"""


_SPELLINGS = """
defence defense; offence offense; licence license; centre center; theatre theater; metre meter;
kilometre kilometer; litre liter; fibre fiber; labour labor; harbour harbor; neighbour neighbor;
neighbouring neighboring; neighbourhood neighborhood; armour armor; behaviour behavior; colour
color; favour favor; honour honor; humour humor; rumour rumor; vapour vapor; endeavour endeavor;
programme program; catalogue catalog; dialogue dialog; aluminium aluminum; grey gray; plough plow;
sceptic skeptic; manoeuvre maneuver; organise organize; organisation organization; recognise
recognize; realise realize; authorise authorize; authorisation authorization; criticise criticize;
emphasise emphasize; apologise apologize; nationalise nationalize; neutralise neutralize; mobilise
mobilize; mobilisation mobilization; stabilise stabilize; stabilisation stabilization; minimise
minimize; prioritise prioritize; privatise privatize; privatisation privatization; modernise
modernize; modernisation modernization; normalise normalize; normalisation normalization; finalise
finalize; industrialise industrialize; analyse analyze; paralyse paralyze
"""


def variants() -> Iterator[tuple[str, str]]:
    """Give each variant of a word, and the word that stands for it."""
    for row in f"{_PEOPLES};{_SPELLINGS}".split(";"):
        word, *others = row.split()
        yield from ((other, word) for other in others)
