"""Letters: how much a decoded text looks like words of one language, to look at a guessed encoding a second time (IMP-19).

Read in a wrong encoding, letters are those of no single language, capitals follow small letters, foreign letters stand amid
Latin words.
Belongs here: text → likeness. Does not: encodings (`guessing`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

_LATIN = {
    "French": "éèêëàâçîïôùûüœæÿñ",
    "Spanish": "áéíñóúüºª¿¡",
    "Portuguese": "ãâáàçéêíóôõúüºª",
    "Italian": "àèéìòùó",
    "German": "äöüßé",
    "Nordic": "åäöæøéüþðáíóúý",
    "Polish": "ąćęłńóśźż",
    "Czech": "áčďéěíňóřšťúůýžľĺŕäô",
    "Hungarian": "áéíóöőúüű",
    "Romanian": "ăâîșțşţ",
    "Croatian": "čćđšž",
    "Turkish": "çğıİöşüâî",
    "Lithuanian": "ąčęėįšųūž",
    "Latvian": "āčēģīķļņšūž",
    "Estonian": "õäöüšž",
    "Vietnamese": "ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ",
}
_PUNCTUATION = "’‘“”«»„–—…°·€²³§º\u00a0№"
"""Signs of any language, behind letters of none."""
_OTHER: Mapping[str, tuple[str, str]] = {
    # The letters that nine of ten are, and the rest.
    "Cyrillic": ("оеаинтсрвлкмдпуяыьгзбчйіїєъ", "хжшюцщэфёґјљњџђћўѓќѕ"),
    "Greek": ("αοιετσνηυρπκμλωςίόέάγδύήώθ", "χφβξζψϊϋΐΰ"),
    "Hebrew": ("יוהלאתשרבמנדכחקע", "פגטסזצםןץףך"),
    "Arabic": ("اليمنرتبةدعسفهكقحجشوأىطصخ", "ذئزثضءغإآظؤپچگـ،"),
    "Thai": ("านรกอเงมยวลสดทตคบปแพหขชจ่้ัิีุู็์ะำื", "ถซโใไธผภศณษญฟฮฉฝฐึฯฎฏฑฒฬฌฆฅฤๆ๊๋"),
}
_FREQUENT = {
    "Japanese": (
        "田中山本佐藤鈴木高橋渡辺伊小林加吉村松井上大東京阪神戸横浜名古屋市県区町都道府北海福岡広島仙台川崎札幌千葉埼玉静長野新潟"
        "子美恵一郎男太花前姓生年月日電話番号住所会社様氏員部課株式"
    ),
    "Chinese": (
        "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪伟娜敏"
        "洋静光磊丽杰刚明红军强国华建文平芳海州京广深圳成都重庆武汉西安南天津长沙上北市省区县城名字姓氏电话公司地址客户的一是不了"
        "在人有我他这"
    ),
    "Taiwanese": (
        "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何羅高蕭潘怡君志豪淑芬家雅婷俊傑美玲建宏佩珊宗翰娟文龍臺北雄中南新竹"
        "桃園基隆嘉義屏東花蓮宜彰化市縣區鄉鎮名字姓氏城電話公司地址客戶的一是不了在人有我他這"
    ),
    "Korean": (
        "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민지수현준영진은혜미경희숙자연호동훈빈예울"
        "부산대천광원시도군읍면길로소화회사명름메일의가는을에"
    ),
}
Pairs = Mapping[tuple[str, str], int]
"""How often a sign stands behind another one, or before it."""
_CASED = ("Cyrillic", "Greek")


def likeness(text: str) -> float:
    """0 to 1: the share of the signs beyond ASCII that are letters of one language, as words of it have them."""
    before = Counter((b, s) for b, s in zip(" " + text, text, strict=False) if s > "\x7f")
    after = Counter((s, a) for s, a in zip(text, text[1:] + " ", strict=True) if s > "\x7f" and a.isascii())
    signs = sum(count for (_, sign), count in before.items() if sign not in _PUNCTUATION)
    if not signs:
        return 0.0
    found = [_latin(before, letters) for letters in _LATIN.values()]
    found += [_other(before, after, letters, rest, cased=name in _CASED) for name, (letters, rest) in _OTHER.items()]
    found += [_frequent(before, name) for name in _FREQUENT]
    return max(found) / signs


def _latin(before: Pairs, letters: str) -> float:
    """How many signs are letters of a Latin alphabet, less those that stand as no word has them."""
    meant = set(letters + letters.upper())
    own = {pair: count for pair, count in before.items() if pair[1] in meant}
    found = sum(own.values())
    lonely = sum(count for (b, _), count in own.items() if b > "\x7f" and b.isalpha())
    inner = sum(count for (b, s), count in own.items() if s.isupper() and b.islower())
    # Two accents in a row are seldom, three hardly ever: half of the letters may follow another one.
    return found - max(0.0, 2 * lonely - found) - inner


def _other(before: Pairs, after: Pairs, letters: str, rest: str, *, cased: bool) -> float:
    """How many signs are letters of another alphabet (a rare one counts half), less those amid Latin letters."""
    weights = dict.fromkeys(rest + rest.upper(), 0.5) | dict.fromkeys(letters + letters.upper(), 1.0)
    found = sum(count * weights.get(sign, 0.0) for (_, sign), count in before.items())
    amid = sum(c * weights.get(s, 0.0) for (b, s), c in before.items() if b.isascii() and b.isalpha())
    amid += sum(c * weights.get(s, 0.0) for (s, a), c in after.items() if a.isalpha())
    inner = sum(c for (b, s), c in before.items() if cased and s.isupper() and b.islower())
    # Letters without capitals, read as others, are capitals throughout: they speak less than words with small letters.
    is_shouted = cased and not any(s.islower() for _, s in before)
    return (found - amid - inner) * (0.85 if is_shouted else 1.0)


def _frequent(before: Pairs, language: str) -> float:
    """Scripts of thousands of signs: the frequent ones, which are a tenth of the signs that a wrong reading gives."""
    frequent = set(_FREQUENT[language])
    kana = language == "Japanese"
    return sum(
        count
        for (_, sign), count in before.items()
        if sign in frequent or (kana and ("\u3041" <= sign <= "\u30ff" or "\uff66" <= sign <= "\uff9d"))
    )
