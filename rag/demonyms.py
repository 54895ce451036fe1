"""Peoples and their countries, so that "the Russian minister" and "Russia's minister" meet.

Only peoples whose names mean nothing else in lower case: no Poles, no Danes.
"""

from collections.abc import Iterator

_COUNTRIES = """
Afghanistan Afghan; Albania Albanian; Algeria Algerian; Angola Angolan; Argentina Argentine
Argentinian; Armenia Armenian; Australia Australian; Austria Austrian; Azerbaijan Azerbaijani;
Bangladesh Bangladeshi; Belarus Belarusian; Belgium Belgian; Benin Beninese; Bolivia Bolivian;
Botswana Botswanan; Brazil Brazilian; Britain British Briton; Bulgaria Bulgarian; Burundi
Burundian; Cambodia Cambodian; Cameroon Cameroonian; Canada Canadian; Chad Chadian; Chile Chilean;
China Chinese; Colombia Colombian; Congo Congolese; Croatia Croatian; Cuba Cuban; Cyprus Cypriot;
Denmark Danish; Ecuador Ecuadorian; Egypt Egyptian; Eritrea Eritrean; Estonia Estonian; Ethiopia
Ethiopian; Europe European; Africa African; America American; Asia Asian; Finland Finnish Finns;
France French; Gabon Gabonese; Gambia Gambian; Georgia Georgian; Germany German; Ghana Ghanaian;
Greece Greek; Guinea Guinean; Haiti Haitian; Honduras Honduran; Hungary Hungarian; Iceland
Icelandic; India Indian; Indonesia Indonesian; Iran Iranian; Iraq Iraqi; Ireland Irish; Israel
Israeli; Italy Italian; Jamaica Jamaican; Japan Japanese; Jordan Jordanian; Kazakhstan Kazakh;
Kenya Kenyan; Korea Korean; Kosovo Kosovar; Kuwait Kuwaiti; Latvia Latvian; Lebanon Lebanese;
Liberia Liberian; Libya Libyan; Lithuania Lithuanian; Madagascar Malagasy; Malawi Malawian;
Malaysia Malaysian; Mali Malian; Mauritania Mauritanian; Mexico Mexican; Moldova Moldovan;
Mongolia Mongolian; Morocco Moroccan; Mozambique Mozambican; Myanmar Burmese; Namibia Namibian;
Nepal Nepali Nepalese; Netherlands Dutch; Nicaragua Nicaraguan; Niger Nigerien; Nigeria Nigerian;
Norway Norwegian; Pakistan Pakistani; Palestine Palestinian; Panama Panamanian; Paraguay
Paraguayan; Peru Peruvian; Philippines Philippine Filipino; Portugal Portuguese; Qatar Qatari;
Romania Romanian; Russia Russian; Rwanda Rwandan; Senegal Senegalese; Serbia Serbian Serb;
Singapore Singaporean; Slovakia Slovak; Slovenia Slovenian; Somalia Somali; Spain Spanish
Spaniards; Sudan Sudanese; Sweden Swedish Swedes; Switzerland Swiss; Syria Syrian; Taiwan
Taiwanese; Tanzania Tanzanian; Thailand Thai; Togo Togolese; Tunisia Tunisian; Turkey Turkish
Turks; Uganda Ugandan; Ukraine Ukrainian; Uruguay Uruguayan; Uzbekistan Uzbek; Venezuela
Venezuelan; Vietnam Vietnamese; Yemen Yemeni; Zambia Zambian; Zimbabwe Zimbabwean
"""


def countries() -> Iterator[tuple[str, str]]:
    """Give each word for a people, and the name of its country."""
    for row in _COUNTRIES.split(";"):
        country, *peoples = row.split()
        yield from ((people, country) for people in peoples)
