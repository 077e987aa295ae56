"""REGION_CODES: what venues call the places of their machines, by country.

Takes   nothing: these are tables.
Gives   CODES: for each venue and country its codes, in small letters, "-" for "_" and for a blank,
        regions without their zones; AREA_WORDS: words for whole areas.
Keeps   the hyphen: eu-north-1 is Amazon's Stockholm, eu-north1 is Nebius's Finland.
Source  The venues' own lists of regions; the recorded sources.
"""

CODES = {
    "": {  # What many say.
        "CA": "ca-central ca-east ca-west",
        "US": """
            us-central us-central-north us-central-south us-east us-midwest us-north us-northeast
            us-northwest us-south us-southeast us-southwest us-west
        """,
    },
    "aws": {
        "AE": "me-central-1 middle-east-(uae)",
        "AR": "us-east-1-bue-1",
        "AU": """
            ap-southeast-2 ap-southeast-4 ap-southeast-2-per-1
            asia-pacific-(sydney) asia-pacific-(melbourne)
        """,
        "BH": "me-south-1 middle-east-(bahrain)",
        "BR": "sa-east-1 south-america-(sao-paulo)",
        "CA": """
            ca-central-1 ca-west-1
            canada-(central) canada-west-(calgary)
        """,
        "CH": "eu-central-2 europe-(zurich)",
        "CL": "us-east-1-scl-1",
        "CN": "cn-north-1 cn-northwest-1",
        "DE": """
            eu-central-1 eu-central-1-ham-1 eusc-de-east-1
            europe-(frankfurt) eu-(frankfurt)
        """,
        "DK": "eu-north-1-cph-1",
        "ES": "eu-south-2 europe-(spain)",
        "FI": "eu-north-1-hel-1",
        "FR": "eu-west-3 europe-(paris) eu-(paris)",
        "GB": "eu-west-2 europe-(london) eu-(london)",
        "HK": "ap-east-1 asia-pacific-(hong-kong)",
        "ID": "ap-southeast-3 asia-pacific-(jakarta)",
        "IE": "eu-west-1 europe-(ireland) eu-(ireland)",
        "IL": "il-central-1 israel-(tel-aviv)",
        "IN": """
            ap-south-1 ap-south-2 ap-south-1-ccu-1 ap-south-1-del-1
            asia-pacific-(mumbai) asia-pacific-(hyderabad)
        """,
        "IT": "eu-south-1 europe-(milan) eu-(milan)",
        "JP": """
            ap-northeast-1 ap-northeast-3
            asia-pacific-(tokyo) asia-pacific-(osaka)
        """,
        "KR": "ap-northeast-2 asia-pacific-(seoul)",
        "MX": "mx-central-1 us-east-1-qro-1 mexico-(central)",
        "MY": "ap-southeast-5 asia-pacific-(malaysia)",
        "NG": "af-south-1-los-1",
        "NZ": "ap-southeast-6 ap-southeast-2-akl-1",
        "OM": "me-south-1-mct-1",
        "PE": "us-east-1-lim-1",
        "PH": "ap-southeast-1-mnl-1",
        "PL": "eu-central-1-waw-1",
        "SE": "eu-north-1 europe-(stockholm) eu-(stockholm)",
        "SG": "ap-southeast-1 asia-pacific-(singapore)",
        "TH": "ap-southeast-7 ap-southeast-1-bkk-1 asia-pacific-(thailand)",
        "TW": "ap-east-2 ap-northeast-1-tpe-1 asia-pacific-(taipei)",
        "US": """
            us-east-(n.-virginia) us-east-(ohio) us-west-(n.-california) us-west-(oregon)
            us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 us-east-1-atl-1
            us-east-1-atl-2 us-east-1-bos-1 us-east-1-chi-1 us-east-1-chi-2 us-east-1-dfw-1
            us-east-1-dfw-2 us-east-1-iah-1 us-east-1-iah-2 us-east-1-mci-1 us-east-1-mia-1
            us-east-1-mia-2 us-east-1-msp-1 us-east-1-nyc-1 us-east-1-nyc-2 us-east-1-phl-1
            us-west-2-den-1 us-west-2-hnl-1 us-west-2-las-1 us-west-2-lax-1 us-west-2-pdx-1
            us-west-2-phx-1 us-west-2-phx-2 us-west-2-sea-1
        """,
        "ZA": "af-south-1 africa-(cape-town)",
    },
    "azure": {
        "AE": "uaecentral uaenorth",
        "AT": "austriaeast",
        "AU": "australiacentral australiacentral2 australiaeast australiasoutheast",
        "BE": "belgiumcentral",
        "BR": "brazilsouth brazilsoutheast",
        "CA": "canadacentral canadaeast",
        "CH": "switzerlandnorth switzerlandwest",
        "CL": "chilecentral",
        "CN": "chinaeast chinaeast2 chinanorth chinanorth2 chinanorth3",
        "DE": "germanynorth germanywestcentral",
        "DK": "denmarkeast",
        "ES": "spaincentral",
        "FR": "francecentral francesouth",
        "GB": "uksouth ukwest",
        "HK": "eastasia",
        "ID": "indonesiacentral",
        "IE": "northeurope",
        "IL": "israelcentral",
        "IN": "centralindia southindia westindia jioindiacentral jioindiawest",
        "IT": "italynorth",
        "JP": "japaneast japanwest",
        "KR": "koreacentral koreasouth",
        "MX": "mexicocentral",
        "MY": "malaysiawest",
        "NL": "westeurope",
        "NO": "norwayeast norwaywest",
        "NZ": "newzealandnorth",
        "PL": "polandcentral",
        "QA": "qatarcentral",
        "SE": "swedencentral swedensouth",
        "SG": "southeastasia",
        "TW": "taiwannorth taiwannorthwest",
        "US": """
            centralus centraluseuap eastus eastus2 eastus2euap eastus3 northcentralus southcentralus
            westcentralus westus westus2 westus3 usgovarizona usgovtexas
            usgovvirginia usdodcentral usdodeast us-east-2 us-west-2 us-west-3 us-north-central
            us-south-central us-west-central
        """,
        "ZA": "southafricanorth southafricawest",
    },
    "gcp": {
        "AU": "australia-southeast1 australia-southeast2",
        "BE": "europe-west1",
        "BR": "southamerica-east1",
        "CA": "northamerica-northeast1 northamerica-northeast2",
        "CH": "europe-west6",
        "CL": "southamerica-west1",
        "DE": "europe-west3 europe-west10",
        "ES": "europe-southwest1",
        "FI": "europe-north1",
        "FR": "europe-west9",
        "GB": "europe-west2",
        "HK": "asia-east2",
        "ID": "asia-southeast2",
        "IL": "me-west1",
        "IN": "asia-south1 asia-south2",
        "IT": "europe-west8 europe-west12",
        "JP": "asia-northeast1 asia-northeast2",
        "KR": "asia-northeast3",
        "MX": "northamerica-south1",
        "NL": "europe-west4",
        "PL": "europe-central2",
        "QA": "me-central1",
        "SA": "me-central2",
        "SE": "europe-north2",
        "SG": "asia-southeast1",
        "TH": "asia-southeast3",
        "TW": "asia-east1",
        "US": """
            us-central1 us-central2 us-east1 us-east4 us-east5 us-east7 us-south1 us-west1 us-west2
            us-west3 us-west4 us-west8
        """,
        "ZA": "africa-south1",
    },
    "oci": {
        "AE": "me-abudhabi-1 me-dubai-1",
        "AU": "ap-melbourne-1 ap-sydney-1",
        "BR": "sa-saopaulo-1 sa-vinhedo-1",
        "CA": "ca-montreal-1 ca-toronto-1",
        "CH": "eu-zurich-1",
        "CL": "sa-santiago-1 sa-valparaiso-1",
        "CO": "sa-bogota-1",
        "DE": "eu-frankfurt-1 eu-frankfurt-2",
        "ES": "eu-madrid-1 eu-madrid-2 eu-madrid-3",
        "FR": "eu-marseille-1 eu-paris-1",
        "GB": "uk-cardiff-1 uk-london-1 uk-gov-cardiff-1 uk-gov-london-1",
        "ID": "ap-batam-1",
        "IL": "il-jerusalem-1",
        "IN": "ap-hyderabad-1 ap-mumbai-1",
        "IT": "eu-milan-1 eu-turin-1",
        "JP": "ap-osaka-1 ap-tokyo-1",
        "KR": "ap-chuncheon-1 ap-seoul-1",
        "MA": "af-casablanca-1",
        "MX": "mx-monterrey-1 mx-queretaro-1",
        "MY": "ap-kulai-2",
        "NL": "eu-amsterdam-1",
        "NO": "no-kristiansand-1",
        "SA": "me-jeddah-1 me-riyadh-1",
        "SE": "eu-stockholm-1 se-skarholmen-1",
        "SG": "ap-singapore-1 ap-singapore-2",
        "US": """
            us-ashburn-1 us-carlsbad-1 us-chicago-1 us-langley-1 us-luke-1 us-michigan-1
            us-midwest-1 us-midwest-2 us-midwest-3 us-newyork-1 us-phoenix-1
            us-saltlake-2 us-sanjose-1 us-gov-ashburn-1 us-gov-chicago-1
            us-gov-phoenix-1
        """,
        "ZA": "af-johannesburg-1",
    },
    "digitalocean": {
        "AU": "syd1",
        "CA": "tor1",
        "DE": "fra1",
        "GB": "lon1",
        "IN": "blr1",
        "NL": "ams2 ams3",
        "SG": "sgp1",
        "US": "atl1 nyc1 nyc2 nyc3 ric1 sfo1 sfo2 sfo3",
    },
    "vultr": {
        "AU": "mel syd",
        "BR": "sao",
        "CA": "yto",
        "CL": "scl",
        "DE": "fra",
        "ES": "mad",
        "FR": "cdg",
        "GB": "lhr man",
        "IL": "tlv",
        "IN": "blr bom del",
        "JP": "itm nrt",
        "KR": "icn",
        "MX": "mex",
        "NL": "ams",
        "PL": "waw",
        "SE": "sto",
        "SG": "sgp",
        "US": "atl dfw ewr hnl lax mia ord sea sjc",
        "ZA": "jnb",
    },
    "verda": {"FI": "fin-01 fin-02 fin-03", "IS": "ice-01"},
    "lambda": {
        "AU": "australia-east-1 australia-southeast-1",
        "DE": "europe-central-1",
        "IL": "me-west-1",
        "IN": "asia-south-1",
        "IT": "europe-south-1",
        "JP": "asia-northeast-1 asia-northeast-2",
        "US": """
            us-east-1 us-east-2 us-east-3 us-midwest-1 us-south-1 us-south-2 us-south-3
            us-west-1 us-west-2 us-west-3
        """,
    },
    "hyperstack": {"CA": "canada-1", "NO": "norway-1", "US": "us-1"},
    "scaleway": {"FR": "fr-par", "IT": "it-mil", "NL": "nl-ams", "PL": "pl-waw"},
    "nebius": {
        "FI": "eu-north1",
        "FR": "eu-west1 eu-west2",
        "GB": "uk-south1",
        "IL": "me-west1",
        "IS": "eu-north2",
        "US": "us-central1 us-north1",
    },
    "coreweave": {
        "CA": "ca-east-01",
        "DK": "eu-north-05",
        "ES": "eu-south-03 eu-south-04",
        "GB": "eu-west-01 eu-west-02",
        "NO": "eu-north-02",
        "SE": "eu-north-01 eu-north-04",
        "US": """
            us-central-01 us-central-03 us-central-04 us-central-05 us-central-06 us-central-07
            us-central-08 us-east-01 us-east-02 us-east-03 us-east-04 us-east-05 us-east-06
            us-east-07 us-east-08 us-east-09 us-east-10 us-east-11 us-east-13 us-east-14
            us-west-01 us-west-04 us-west-09 us-west-10 atl2 atl4 las1 lga1 ord1 rdu1 rno2 sbn1
        """,
    },
    "crusoe": {
        "IS": "eu-iceland1",
        "NO": "eu-norway1",
        "US": "us-east1 us-northcentral1 us-southcentral1 us-west1",
    },
    "jarvislabs": {"IN": "in1 in2 india-01 india-noida-01"},
    "seeweb": {"IT": "it-fr1 it-fr2 it-mi1 it-mi2"},
    "ovh": {
        "AU": "syd1",
        "CA": "bhs bhs1 bhs3 bhs5 ca-east-tor",
        "DE": "de1 lim",
        "FR": "gra gra1 gra7 gra9 gra11 rbx rbx-a sbg sbg5 sbg7 eu-west-par",
        "GB": "uk1 eri",
        "IN": "ap-south-mum ap-south-mum-1",
        "IT": "eu-south-mil",
        "PL": "waw1",
        "SG": "sgp1",
        "US": "vin hil us-east-va us-east-va-1 us-west-or us-west-or-1",
    },
}

# Area words: never one country.
AREA_WORDS = {
    "GLOBAL": "global any anywhere worldwide world all",
    "NA": """
        namerica north-america northamerica northern-america central-america na-east na-west
        na-central
    """,
    "SA": "south-america southamerica latam latin-america sa-east",
    "EU": """
        eu eu1 europe european-union eu-central eu-east eu-north eu-south eu-west eur
        europe-01 europe-central europe-east europe-north europe-south europe-west western-europe
        eastern-europe northern-europe eea nordics
    """,
    "ME": "middle-east me-central me-west me-south me-east gcc",
    "AF": "africa af-south af-north",
    "AS": """
        asia ap apac asia-pacific asia-east asia-north asia-northeast asia-south asia-southeast
        asia-west asia-central ap-east ap-northeast ap-south ap-southeast east-asia south-asia
    """,
    "OC": "oceania oc australasia",
}
