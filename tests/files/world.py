"""Contact files of the whole world, made up: names and towns of many scripts in the encodings that their countries use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_WORDS: dict[str, tuple[str, str, str]] = {
    # language: headers, names, towns
    "Russian": ("Email;Имя;Фамилия;Город",
        "Иван Пётр Сергей Ольга Наталья Дмитрий Екатерина Андрей Светлана Юлия Алексей Татьяна",
        "Москва Санкт-Петербург Новосибирск Казань Екатеринбург Нижний Самара Омск Челябинск Ростов Уфа Пермь"),
    "Ukrainian": ("Email;Ім'я;Прізвище;Місто",
        "Олександр Їжак Юлія Сергій Оксана Тетяна Володимир Наталія Андрій Ігор Євген Ганна",
        "Київ Харків Одеса Дніпро Львів Запоріжжя Вінниця Чернівці Житомир Суми Полтава Херсон"),
    "Bulgarian": ("Email;Име;Фамилия;Град",
        "Георги Иван Димитър Мария Елена Петър Николай Йордан Стефан Виолета Пенка Тодор",
        "София Пловдив Варна Бургас Русе Плевен Сливен Добрич Шумен Перник Хасково Ямбол"),
    "Greek": ("Email;Όνομα;Επώνυμο;Πόλη",
        "Γιώργος Μαρία Ελένη Κωνσταντίνος Παναγιώτης Αικατερίνη Δημήτρης Νίκος Σοφία Βασίλης Άννα Ιωάννης",
        "Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο Λάρισα Βόλος Ιωάννινα Τρίκαλα Χαλκίδα Σέρρες Κατερίνη Καλαμάτα"),
    "Hebrew": ("Email;שם;משפחה;עיר",
        "דוד משה שרה רחל יוסף אברהם יצחק יעקב מרים חנה אסתר נועה",
        "ירושלים חיפה באר-שבע נתניה אשדוד חולון הרצליה רעננה אילת עכו צפת טבריה"),
    "Arabic": ("Email;الاسم;العائلة;المدينة",
        "محمد فاطمة أحمد علي خديجة يوسف إبراهيم مريم عبدالله عائشة حسن خالد",
        "القاهرة الرياض بغداد دمشق بيروت تونس الجزائر الرباط عمان الدوحة جدة الإسكندرية"),
    "Turkish": ("Email;Ad;Soyadı;Şehir",
        "Ayşe Mehmet Gülşen Çağlar İbrahim Özgür Işıl Şükrü Yiğit Doğan Ümit Kadir",
        "İstanbul Eskişehir Diyarbakır Muğla Şanlıurfa Çanakkale Kırıkkale Ağrı Iğdır Niğde Muş Kütahya"),
    "Polish": ("Email;Imię;Nazwisko;Miasto",
        "Łukasz Małgorzata Paweł Żaneta Grażyna Michał Błażej Świętosława Jędrzej Zdzisława Rafał Bożena",
        "Łódź Kraków Gdańsk Poznań Wrocław Częstochowa Białystok Rzeszów Toruń Świdnica Zielona-Góra Żory"),
    "Czech": ("Email;Jméno;Příjmení;Město",
        "Jiří Tomáš Kateřina Václav Zdeněk Božena Ondřej Šárka Vojtěch Růžena Květa Luděk",
        "Plzeň Ústí Děčín Třebíč České-Budějovice Šumperk Kroměříž Nový-Jičín Žďár Příbram Břeclav Přerov"),
    "Hungarian": ("Email;Keresztnév;Vezetéknév;Város",
        "György Erzsébet Zsófia Gábor Jenő Győző Ágnes Béla Gergő Réka Szűcs Fülöp",
        "Győr Székesfehérvár Pécs Kőszeg Nyíregyháza Békéscsaba Szentendre Hódmezővásárhely Érd Eger Gödöllő Dunaújváros"),
    "Japanese": ("Email;名前;姓;市",
        "田中 佐藤 鈴木 さくら ゆうこ タロウ 山本 中村 小林 加藤 ハナコ 渡辺",
        "東京 大阪 京都 横浜市 名古屋 さいたま 札幌 神戸 福岡 川崎 広島 仙台"),
    "Chinese": ("Email;名字;姓氏;城市",
        "王伟 李娜 张敏 刘洋 陈静 杨光 赵磊 黄丽 周杰 吴刚 徐明 孙红",
        "北京 上海 广州 深圳 成都 重庆 武汉 西安 南京 杭州 天津 长沙"),
    "Taiwanese": ("Email;名字;姓氏;城市",
        "陳怡君 林志豪 黃淑芬 張家豪 李雅婷 王俊傑 吳美玲 劉建宏 蔡佩珊 楊宗翰 許淑娟 鄭文龍",
        "臺北 高雄 臺中 臺南 新竹 桃園 基隆 嘉義 屏東 花蓮 宜蘭 彰化"),
    "Korean": ("Email;이름;성;도시",
        "김민준 이서연 박지훈 최수빈 정예진 강현우 조미경 윤성호 장은지 임동현 한지민 오세훈",
        "서울 부산 대구 인천 광주 대전 울산 수원 창원 고양 용인 성남"),
    "Thai": ("Email;ชื่อ;นามสกุล;จังหวัด",
        "สมชาย สมหญิง วิชัย ประเสริฐ สุภาพร กิตติ นภา อรุณ ชัยวัฒน์ มาลี พรทิพย์ ธนา",
        "กรุงเทพ เชียงใหม่ ภูเก็ต ขอนแก่น อุดรธานี นครราชสีมา สงขลา ชลบุรี ระยอง ลำปาง ตรัง น่าน"),
    "French": ("Email;Prénom;Nom;Ville",
        "Élodie Noël Zoé François Héloïse Jérôme Maël Anaïs Gaëlle Théo Benoît Aurélie",
        "Nîmes Besançon Orléans Angoulême Saint-Étienne Fréjus Évry Sète Béziers Mâcon Nevers Châlons"),
    "German": ("Email;Vorname;Nachname;Straße",
        "Jürgen Käthe Björn Günther Sören Jörg Bärbel Rüdiger Götz Änne Ömer Uwe",
        "München Köln Düsseldorf Nürnberg Würzburg Göttingen Lübeck Saarbrücken Osnabrück Gießen Mühlheim Fürth"),
}  # fmt: skip
_ENCODINGS = {
    "Russian": ("cp1251", "koi8-r", "cp866", "iso8859-5"),
    "Ukrainian": ("cp1251", "koi8-u"),
    "Bulgarian": ("cp1251", "iso8859-5"),
    "Greek": ("cp1253", "iso8859-7"),
    "Hebrew": ("cp1255", "iso8859-8"),
    "Arabic": ("cp1256", "iso8859-6"),
    "Turkish": ("cp1254", "iso8859-9"),
    "Polish": ("cp1250", "iso8859-2"),
    "Czech": ("cp1250", "iso8859-2"),
    "Hungarian": ("cp1250", "iso8859-2"),
    "Japanese": ("shift_jis", "euc_jp"),
    "Chinese": ("gb18030",),
    "Taiwanese": ("big5",),
    "Korean": ("euc_kr",),
    "Thai": ("cp874",),
    "French": ("cp1252", "mac-roman", "cp850"),
    "German": ("cp1252",),
}
_WIDE = (
    ("Russian", "utf-16"),
    ("Japanese", "utf-16-le"),
    ("Arabic", "utf-16-be"),
    ("Korean", "utf-32"),
    ("Greek", "utf-16-le"),
)


@dataclass(frozen=True)
class Sample:
    """A file, the text that it holds, and the codec that it was written with."""

    name: str
    text: str
    codec: str

    @property
    def data(self) -> bytes:
        """Its bytes; what the codec lacks is `?`, as programs write it."""
        return self.text.encode(self.codec, "replace")


def text_of(language: str, rows: int) -> str:
    """A table of so many rows."""
    header, names, towns = _WORDS[language]
    first, town = names.split(), towns.split()
    lines = [
        f"client{n}@example.org;{first[n % 12]};{first[(5 * n + 7) % 12]};{town[(n + n // 12) % 12]}"
        for n in range(rows)
    ]
    return "\n".join([header, *lines]) + "\n"


def samples() -> Iterator[Sample]:
    """Every language in its encodings, short and long."""
    for language, codecs in _ENCODINGS.items():
        for codec in codecs:
            for rows in (3, 40):
                yield Sample(f"{language}-{codec}-{rows}", text_of(language, rows), codec)
    for language, codec in _WIDE:
        yield Sample(f"{language}-{codec}-20", text_of(language, 20), codec)
