"""Peoples and their countries, so that "the Russian minister" and "Russia's minister" meet.

Only peoples whose names mean nothing else in lower case: no Poles, no Danes.
"""

from collections.abc import Iterator

_COUNTRIES = """
Afghanistan Afghan Afghans; Albania Albanian Albanians; Algeria Algerian Algerians; Angola Angolan
Angolans; Argentina Argentine Argentinian Argentines; Armenia Armenian Armenians; Australia
Australian Australians; Austria Austrian Austrians; Azerbaijan Azerbaijani Azerbaijanis; Bangladesh
Bangladeshi Bangladeshis; Belarus Belarusian Belarusians; Belgium Belgian Belgians; Benin Beninese;
Bolivia Bolivian Bolivians; Botswana Botswanan; Brazil Brazilian Brazilians; Britain British Briton
Britons; Bulgaria Bulgarian Bulgarians; Burundi Burundian; Cambodia Cambodian Cambodians; Cameroon
Cameroonian Cameroonians; Canada Canadian Canadians; Chad Chadian Chadians; Chile Chilean Chileans;
China Chinese; Colombia Colombian Colombians; Congo Congolese; Croatia Croatian Croatians; Cuba Cuban
Cubans; Cyprus Cypriot Cypriots; Denmark Danish; Ecuador Ecuadorian; Egypt Egyptian Egyptians;
Eritrea Eritrean Eritreans; Estonia Estonian Estonians; Ethiopia Ethiopian Ethiopians; Europe
European Europeans; Africa African Africans; America American Americans; Asia Asian Asians; Finland
Finnish Finns; France French; Gabon Gabonese; Gambia Gambian Gambians; Georgia Georgian Georgians;
Germany German Germans; Ghana Ghanaian Ghanaians; Greece Greek Greeks; Guinea Guinean Guineans; Haiti
Haitian Haitians; Honduras Honduran; Hungary Hungarian Hungarians; Iceland Icelandic; India Indian
Indians; Indonesia Indonesian Indonesians; Iran Iranian Iranians; Iraq Iraqi Iraqis; Ireland Irish;
Israel Israeli Israelis; Italy Italian Italians; Jamaica Jamaican; Japan Japanese; Jordan Jordanian;
Kazakhstan Kazakh Kazakhs; Kenya Kenyan Kenyans; Korea Korean Koreans; Kosovo Kosovar; Kuwait Kuwaiti;
Latvia Latvian Latvians; Lebanon Lebanese; Liberia Liberian Liberians; Libya Libyan Libyans; Lithuania
Lithuanian Lithuanians; Madagascar Malagasy; Malawi Malawian; Malaysia Malaysian; Mali Malian Malians;
Mauritania Mauritanian; Mexico Mexican Mexicans; Moldova Moldovan; Mongolia Mongolian; Morocco
Moroccan Moroccans; Mozambique Mozambican; Myanmar Burmese; Namibia Namibian; Nepal Nepali Nepalese;
Netherlands Dutch; Nicaragua Nicaraguan; Niger Nigerien Nigeriens; Nigeria Nigerian Nigerians; Norway
Norwegian Norwegians; Pakistan Pakistani Pakistanis; Palestine Palestinian Palestinians; Panama
Panamanian; Paraguay Paraguayan; Peru Peruvian Peruvians; Philippines Philippine Filipino Filipinos;
Portugal Portuguese; Qatar Qatari; Romania Romanian Romanians; Russia Russian
Russians; Rwanda Rwandan Rwandans; Senegal Senegalese; Serbia Serbian Serbs Serb; Singapore
Singaporean; Slovakia Slovak; Slovenia Slovenian; Somalia Somali Somalis; Spain Spanish Spaniards;
Sudan Sudanese; Sweden Swedish Swedes; Switzerland Swiss; Syria Syrian Syrians; Taiwan Taiwanese;
Tanzania Tanzanian; Thailand Thai Thais; Togo Togolese; Tunisia Tunisian Tunisians; Turkey Turkish
Turks; Uganda Ugandan Ugandans; Ukraine Ukrainian Ukrainians; Uruguay Uruguayan; Uzbekistan Uzbek;
Venezuela Venezuelan Venezuelans; Vietnam Vietnamese; Yemen Yemeni Yemenis; Zambia Zambian; Zimbabwe
Zimbabwean
"""


def countries() -> Iterator[tuple[str, str]]:
    """Give each word for a people, and the name of its country."""
    for row in _COUNTRIES.split(";"):
        country, *peoples = row.split()
        yield from ((people, country) for people in peoples)
