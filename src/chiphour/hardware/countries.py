"""COUNTRIES: every country of ISO 3166-1 with its area and the names that sources give it.

Takes   nothing: these are tables.
Gives   AREAS; for each area its countries, one a line: the code, then names divided by bars; the
        states of the USA and the provinces of Canada.
Keeps   one area to a country; a name stands once. Georgia the state and Georgia the country have
        one name: it stands here as the country's with its code only.
Source  ISO 3166-1; the areas are the United Nations' (M49), with Western Asia as the Middle East
        but for the Caucasus, which is Asia's, and Cyprus, which is Europe's. Kosovo's XK is in
        use, though not in the standard.
"""

AREAS = {
    "NA": "North and Central America, the Caribbean",
    "SA": "South America",
    "EU": "Europe, in the Union or not",
    "ME": "the Middle East",
    "AF": "Africa",
    "AS": "Asia without the Middle East",
    "OC": "Oceania",
    "GLOBAL": "anywhere",
}

COUNTRY_LINES = {
    "NA": """
        AG Antigua and Barbuda
        AI Anguilla
        AW Aruba
        BB Barbados
        BL Saint Barthélemy
        BM Bermuda
        BQ Caribbean Netherlands | Bonaire
        BS Bahamas | The Bahamas
        BZ Belize
        CA Canada
        CR Costa Rica
        CU Cuba
        CW Curaçao | Curacao
        DM Dominica
        DO Dominican Republic
        GD Grenada
        GL Greenland
        GP Guadeloupe
        GT Guatemala
        HN Honduras
        HT Haiti
        JM Jamaica
        KN Saint Kitts and Nevis
        KY Cayman Islands
        LC Saint Lucia
        MF Saint Martin
        MQ Martinique
        MS Montserrat
        MX Mexico | México
        NI Nicaragua
        PA Panama
        PM Saint Pierre and Miquelon
        PR Puerto Rico
        SV El Salvador
        SX Sint Maarten
        TC Turks and Caicos Islands
        TT Trinidad and Tobago
        US United States | United States of America | USA | U.S. | U.S.A.
        VC Saint Vincent and the Grenadines
        VG British Virgin Islands
        VI US Virgin Islands
    """,
    "SA": """
        AR Argentina
        BO Bolivia
        BR Brazil | Brasil
        BV Bouvet Island
        CL Chile
        CO Colombia
        EC Ecuador
        FK Falkland Islands
        GF French Guiana
        GS South Georgia and the South Sandwich Islands
        GY Guyana
        PE Peru
        PY Paraguay
        SR Suriname
        UY Uruguay
        VE Venezuela
    """,
    "EU": """
        AD Andorra
        AL Albania
        AT Austria
        AX Åland Islands
        BA Bosnia and Herzegovina
        BE Belgium
        BG Bulgaria
        BY Belarus
        CH Switzerland
        CY Cyprus
        CZ Czechia | Czech Republic | The Czech Republic
        DE Germany | Deutschland
        DK Denmark
        EE Estonia
        ES Spain | España
        FI Finland
        FO Faroe Islands
        FR France
        GB United Kingdom | UK | Great Britain | England | Scotland | Wales
        GG Guernsey
        GI Gibraltar
        GR Greece
        HR Croatia
        HU Hungary
        IE Ireland
        IM Isle of Man
        IS Iceland
        IT Italy | Italia
        JE Jersey
        LI Liechtenstein
        LT Lithuania
        LU Luxembourg
        LV Latvia
        MC Monaco
        MD Moldova | Republic of Moldova
        ME Montenegro
        MK North Macedonia | Macedonia
        MT Malta
        NL Netherlands | The Netherlands | Holland
        NO Norway
        PL Poland
        PT Portugal
        RO Romania
        RS Serbia
        RU Russia | Russian Federation
        SE Sweden
        SI Slovenia
        SJ Svalbard and Jan Mayen
        SK Slovakia | Slovak Republic
        SM San Marino
        UA Ukraine
        VA Vatican City | Holy See
        XK Kosovo
    """,
    "ME": """
        AE United Arab Emirates | UAE
        BH Bahrain
        IL Israel
        IQ Iraq
        IR Iran
        JO Jordan
        KW Kuwait
        LB Lebanon
        OM Oman
        PS Palestine
        QA Qatar
        SA Saudi Arabia
        SY Syria
        TR Türkiye | Turkey | Turkiye
        YE Yemen
    """,
    "AF": """
        AO Angola
        BF Burkina Faso
        BI Burundi
        BJ Benin
        BW Botswana
        CD Democratic Republic of the Congo | DR Congo
        CF Central African Republic
        CG Congo | Republic of the Congo
        CI Côte d'Ivoire | Ivory Coast
        CM Cameroon
        CV Cape Verde | Cabo Verde
        DJ Djibouti
        DZ Algeria
        EG Egypt
        EH Western Sahara
        ER Eritrea
        ET Ethiopia
        GA Gabon
        GH Ghana
        GM Gambia
        GN Guinea
        GQ Equatorial Guinea
        GW Guinea-Bissau
        IO British Indian Ocean Territory
        KE Kenya
        KM Comoros
        LR Liberia
        LS Lesotho
        LY Libya
        MA Morocco
        MG Madagascar
        ML Mali
        MR Mauritania
        MU Mauritius
        MW Malawi
        MZ Mozambique
        NA Namibia
        NE Niger
        NG Nigeria
        RE Réunion | Reunion
        RW Rwanda
        SC Seychelles
        SD Sudan
        SH Saint Helena
        SL Sierra Leone
        SN Senegal
        SO Somalia
        SS South Sudan
        ST Sao Tome and Principe
        SZ Eswatini
        TD Chad
        TF French Southern Territories
        TG Togo
        TN Tunisia
        TZ Tanzania
        UG Uganda
        YT Mayotte
        ZA South Africa
        ZM Zambia
        ZW Zimbabwe
    """,
    "AS": """
        AF Afghanistan
        AM Armenia
        AZ Azerbaijan
        BD Bangladesh
        BN Brunei
        BT Bhutan
        CN China
        GE Republic of Georgia
        HK Hong Kong
        ID Indonesia
        IN India
        JP Japan
        KG Kyrgyzstan
        KH Cambodia
        KP North Korea
        KR South Korea | Korea | Republic of Korea
        KZ Kazakhstan
        LA Laos
        LK Sri Lanka
        MM Myanmar
        MN Mongolia
        MO Macao | Macau
        MV Maldives
        MY Malaysia
        NP Nepal
        PH Philippines
        PK Pakistan
        SG Singapore
        TH Thailand
        TJ Tajikistan
        TL Timor-Leste
        TM Turkmenistan
        TW Taiwan
        UZ Uzbekistan
        VN Vietnam | Viet Nam
    """,
    "OC": """
        AQ Antarctica
        AS American Samoa
        AU Australia
        CC Cocos Islands
        CK Cook Islands
        CX Christmas Island
        FJ Fiji
        FM Micronesia
        GU Guam
        HM Heard Island and McDonald Islands
        KI Kiribati
        MH Marshall Islands
        MP Northern Mariana Islands
        NC New Caledonia
        NF Norfolk Island
        NR Nauru
        NU Niue
        NZ New Zealand
        PF French Polynesia
        PG Papua New Guinea
        PN Pitcairn
        PW Palau
        SB Solomon Islands
        TK Tokelau
        TO Tonga
        TV Tuvalu
        UM United States Minor Outlying Islands
        VU Vanuatu
        WF Wallis and Futuna
        WS Samoa
    """,
}

# Parts of a country that sources name before it, "Montana, US". In the same way: bars between.
PARTS_LINES = {
    "US": """
        AL Alabama | AK Alaska | AZ Arizona | AR Arkansas | CA California | CO Colorado
        CT Connecticut | DE Delaware | DC District of Columbia | FL Florida | GA Georgia | HI Hawaii
        ID Idaho | IL Illinois | IN Indiana | IA Iowa | KS Kansas | KY Kentucky | LA Louisiana
        ME Maine | MD Maryland | MA Massachusetts | MI Michigan | MN Minnesota | MS Mississippi
        MO Missouri | MT Montana | NE Nebraska | NV Nevada | NH New Hampshire | NJ New Jersey
        NM New Mexico | NY New York | NC North Carolina | ND North Dakota | OH Ohio | OK Oklahoma
        OR Oregon | PA Pennsylvania | RI Rhode Island | SC South Carolina | SD South Dakota
        TN Tennessee | TX Texas | UT Utah | VT Vermont | VA Virginia | WA Washington
        WV West Virginia | WI Wisconsin | WY Wyoming
    """,
    "CA": """
        AB Alberta | BC British Columbia | MB Manitoba | NB New Brunswick
        NL Newfoundland and Labrador | NS Nova Scotia | NT Northwest Territories | NU Nunavut
        ON Ontario | PE Prince Edward Island | QC Quebec | SK Saskatchewan | YT Yukon
    """,
}
