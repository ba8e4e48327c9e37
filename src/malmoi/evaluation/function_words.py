"""Frequent function words of languages with a common script."""

from __future__ import annotations

__all__ = ["FUNCTION_WORDS", "LANGUAGE_NAMES"]

LANGUAGE_NAMES: dict[str, tuple[str, str]] = {
    "en": ("English", "영어"),
    "fr": ("French", "프랑스어"),
    "de": ("German", "독일어"),
    "es": ("Spanish", "스페인어"),
    "pt": ("Portuguese", "포르투갈어"),
    "it": ("Italian", "이탈리아어"),
    "nl": ("Dutch", "네덜란드어"),
    "sv": ("Swedish", "스웨덴어"),
    "da": ("Danish or Norwegian", "덴마크어 또는 노르웨이어"),
    "fi": ("Finnish", "핀란드어"),
    "pl": ("Polish", "폴란드어"),
    "cs": ("Czech", "체코어"),
    "ro": ("Romanian", "루마니아어"),
    "hu": ("Hungarian", "헝가리어"),
    "tr": ("Turkish", "튀르키예어"),
    "id": ("Indonesian or Malay", "인도네시아어 또는 말레이어"),
    "tl": ("Tagalog", "타갈로그어"),
    "vi": ("Vietnamese", "베트남어"),
    "ru": ("Russian", "러시아어"),
    "uk": ("Ukrainian", "우크라이나어"),
    "bg": ("Bulgarian", "불가리아어"),
    "ar": ("Arabic", "아랍어"),
    "fa": ("Persian", "페르시아어"),
}
"""Names of the languages in English and in Korean."""
_WORDS = {
    "en": "the of and to a in is it that this was for with as but on are be have not you he she his her they at by "
    "from or an i my we what which there so if",
    "fr": "le la les de des du et un une est que qui dans pour pas sur au aux ce cette ces il elle je nous vous on "
    "ne se son sa ses avec plus mais par tout ai très bien ou où sans été être fait qu y",
    "de": "der die das und ist ich nicht ein eine einen einem einer zu den dem des mit auf für von sie es wir auch "
    "war aber wie so dass sich hat habe man noch nur bei aus oder sehr nach im am als wenn mich kein",
    "es": "el la los las de del y que en un una es no se lo por con para su sus al como más pero muy le me mi está "
    "esta este son ha fue sin todo ya o cuando también porque hay nos bien aunque sea",
    "pt": "o a os as de do da dos das e que em um uma é não se por com para no na nos nas ao mais mas muito como me "
    "meu minha seu sua foi está este esta são tem já ou também eu ele ela isso quando",
    "it": "il lo la i gli le di del della dei delle e che in un una è non si per con su al alla nel nella da come "
    "più ma molto mi ho ha sono anche questo questa ci se tutto o perché dal così dell",
    "nl": "de het een en van is dat in niet ik te op met voor zijn er maar ook aan om die als je we wat bij was naar "
    "heb heeft dit deze nog wel zo door uit over of geen veel mijn ze hij",
    "sv": "och att det en ett som är på för med inte av jag den de till har om var men så vi man kan från han hon "
    "mycket när eller min mitt bara också",
    "da": "og at det en et som er på for med ikke av af jeg den de til har om var men så vi man kan fra han hun "
    "meget når eller min bare også blev ble",
    "fi": "ja on ei se että oli en hän olen kun mutta niin ovat tämä myös kuin jos vain minä sen joka ole mitä hyvin "
    "nyt sitten tai vielä olla siitä",
    "pl": "i w nie na się z do to jest że jak o ale po co tak za od dla czy już był była tym jego ten ta tylko przez "
    "są może bardzo mnie jej",
    "cs": "a se v na je že to s z do i o ale jsem si po jak by za tak co jako jeho který byl byla není pro už když "
    "jen velmi nebo také",
    "ro": "și de la a în nu o cu că pe un este ce din mai sau se al lui pentru am care era dar fost să foarte sunt "
    "ca fi au si in ei",
    "hu": "a az és hogy nem is egy van volt meg ez de mint ha csak már el még én azt vagy nagyon ki lehet minden "
    "mert olyan kell",
    "tr": "ve bir bu da de için çok ne ama ben gibi daha o var mi mı ile olarak kadar en değil her şey sonra olan "
    "benim diye ki bana",
    "id": "yang dan di ini itu dengan untuk tidak dari dalam akan pada saya juga ke ada karena bisa oleh adalah kami "
    "sudah atau mereka aku lebih sangat dia nak tak lah",
    "tl": "ang ng sa na mga ay at ako ko hindi ito niya siya po naman lang kung mo ka si may pero para nang din rin "
    "kasi",
    "vi": "và là của có không cho một được này người với những các đã trong tôi cũng rất phim thì như khi mà để đến "
    "nhưng vào ra",
    "ru": "и в не на я что он с как это но по к у из за от так все же бы был была мы вы для только очень его меня "
    "уже или когда то а о",
    "uk": "і в не на я що він з як це але по до у за від так все та й був була ми ви для тільки дуже його мене вже "
    "або коли ще є",
    "bg": "и в не на да се е за от с че по как това но до са аз той има ще като или много беше го си ми само",
    "ar": "في من على أن إلى هذا هذه التي الذي لا ما كان مع عن كل هو هي و أو لم لكن بعد قد",
    "fa": "و در به از که این را با است آن برای یک خود هم تا می شد بود یا هر ما من اما نیست",
}
FUNCTION_WORDS: dict[str, tuple[str, ...]] = {}
"""The languages of each word, in lower case; a word with an apostrophe is split into two words."""
for _language, _known in _WORDS.items():
    for _word in dict.fromkeys(_known.split()):
        FUNCTION_WORDS[_word] = (*FUNCTION_WORDS.get(_word, ()), _language)
