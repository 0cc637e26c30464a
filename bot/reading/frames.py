"""What stands round a sign and takes it out of the patient's body or out of today: what is only read, asked or feared, the name
of a medicine, another one who has it, an old trouble that is what it always was."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.reading.mention import Clause, Mention

_HERE = re.compile(
    r"我[^,。]{1,4}(?:就|也|真|已经)(?!是|不|没)|我(?:现在|这|就|也|刚|今|正|已|昨|一直|还是|突)|现在|这会|今[天早晚儿]|刚才|刚刚|此刻|已经|突然|[0-9一二三两几]天了"
    r"|昨[天晚]"
)
_WRITTEN = re.compile(
    r"(?:单子?|宣传.{0,2}|手册|册子|须知|告知书|小结|短信|消息|通知|海报|公众号|文章|说明书?|牌子|墙上"
    r"|书上|网上|纸上|问卷)(?:上|里)?面?"
    r"(?:都|也|还|又|不是|是)*(?:写|说|讲|提|印|列|标|问|贴)(?:着|了|过|到|的|明)?"
)
_MINE = re.compile(r"^[^。!?;]{0,8}(?:我|俺|他|她|我爸|我妈)(?:也|都|就|全)?(?:有(?!没)|占了|中了|沾了)")
_TOLD = re.compile(
    r"(?:医生|大夫|护士|主任|你们|他们|医院)(?:都|也|还|又|一再|反复|当时|出院时?|特地)*(?:教我?|说|交代|嘱咐"
    r"|叮嘱|告诉|讲|提醒|强调|让|要求)"
)
_THEN = re.compile(
    r"(?:就|要|得|马上|赶紧|立即|立刻|及时|随时|尽快|尽早)+(?:就|要|得|马上|赶紧|立即|立刻|及时|随时|尽快|尽早|往)*"
    r"(?:来|去|回|打|就医|就诊|复诊|复查|看|上|到|联系|叫|拨|送|找)"
)
_BOUND = re.compile(r"(?:超过|高于|达到|大于|多少|几度|到什么|什么程度|满)[^,。]{0,4}$")
_OUGHT = re.compile(r"是不是|要不要|需不需要|用不用|该不该|应不应该|需要|必须|会不会|怎么办|[就才][要得该]|要去|得去|吗|\?|算")
_IS_IT = re.compile(r"是不是[^,。]{0,3}$")
_TAUGHT = re.compile(r"(?:讲|学|科普|介绍|了解|宣传|培训)(?:了|过|的|到|一下|些|关于)*$")
_DIED = re.compile(r"^病?(?:走|没|去世|过世|死|去)的")
_DREAMT = re.compile("做梦|梦见|梦到|梦里|演的|电视剧|游戏里")
_ARISES = re.compile(r"(?:出现|遇到|发生|碰到|一?旦?有|要有)(?:了|过)?[^,。了]{0,3}$")
_ACTION = re.compile(
    r"^[^,。了天次]{0,4}?(?:要不要|是不是|该不该|需不需要|用不用|怎么办|怎么处理|应该|该怎么|去哪|挂什么|得去|就得|可不可以)"
)
_THEM = re.compile(r"的(?:人|病人|患者|老人|孕妇|小孩)[^,。]{0,4}$")
_HOW = re.compile(
    r"(?:怎么|怎样|如何|咋)(?:样)?(?:才|能|来|去)*(?:看|判断|知道|区分|预防|识别|避免|防|分辨|发现|算)(?:出"
    r"|是|是不是|得|到|才|有没有)*[^,。]{0,4}$|(?:怎么|怎样|如何|咋)(?:才|能|可以|会)+不(?:再|会)?[^,。]{0,4}$"
)
_ABOUT = re.compile(
    r"^(?:了|的|病|这|那|种|病人|患者)*(?:一般|通常|早期|都|会|大概|多数)*(?:是|有|会有)?(?:什么|哪些|哪样"
    r"|啥)(?:表现|症状|样|感觉|反应|征兆|原因|意思|情况|前兆|先兆|信号|特点|危险|后果|办法|要注意|注意|影响)"
    r"|^(?:的)?(?:时候|话)(?:是不是|要不要|该|应该|怎么|可以|能)"
    r"|^到?(?:多少|几)度|^(?:了|吗|么)?\?(?:那|这)?(?:倒|可|还|我|真)*(?:没|不(?!知道|清楚|确定|好说|晓得|太|停|行|管)|哪有|才不)|^了?会(?:怎|咋)么?样"
    r"|^(?:跟|和|与).{1,6}(?:怎么|如何|咋)(?:区|分|辨)|^(?:跟|和|与).{1,6}区[分别]|^(?:于|到|过|超过|高于|低于)?(?:多少|几[点个])|^的?(?:前兆|先兆|征兆)(?:什么的|之类|等|$|,)|^的?(?:前兆|先兆|征兆|症状|表现|信号)(?:都|一般|会)?(?:有|是)(?:哪|什么)|^(?:怎么|如何|怎样)(?:区分|判断|预防|识别|看出|处理|避免)"
    r"|^[^,。]{0,4}(?:概率|几率|可能性|风险|的人)(?:多不多|大不大|高不高|大吗|高吗|有多|多吗|多大)"
)
_ONLY_ASKING = re.compile(r"(?:先|就|只是|随便|提前|顺便|只)(?:是)?(?:来)?(?:想)?(?:问|了解|咨询|打听)")
_NOT_ME = re.compile(
    r"(?:我|还|目前|现在|暂时|这边|倒是?)(?:这边|自己|还|都|目前|现在|倒|可)*(?:没|不)(?!好|退|消|停|缓"
    r"|完|睡|吃|敢|知道|清楚|懂|会|行|舒服)|,没[^,。]{1,3}[。!]?$"
)
_NAMED = re.compile(
    r"^(?:的|那个|这个|那种|用的|吃的|专用)*(?:药(?!后|了)|粉|颗粒|胶囊|疫苗|门诊|热线|中心|专科|海报|宣传"
    r"|讲座|知识|课|手册|[随卡]访?卡|险|保险|指南|护理|量表|评分|筛查"
    r"|病史|史(?!上)|后遗症|协会|节目|电影|新闻|专家|病房|绿色通道)(?!.{0,6}(?:没用|不管用|无效|没效|还是|也不))"
)
_ITS = re.compile(
    r"^(?:了?的(?:就)?是|[,?]?(?:那|这|说的)(?:就|才|都|可)?是)(?:我|我们|你|你们|那个|这个|隔壁|楼上)*(?:家|的)?(?:那|个|懒|小|大|老|台|旧|破|只|条)*"
)
_THING = re.compile(
    r"风箱|炉|水壶|洗衣机|设备|喇叭|病房|房间|屋|楼道|走廊|空调|窗|电梯|车|狗|猫|手机|机器|网|电脑|工作|老板|同事|邻居|邻床|隔壁|别人"
    r"|他们"
)
_KIN = re.compile(r"儿|孙|女|闺|老公|老婆|老伴|媳妇|爸|妈|爹|娘|爷|奶|哥|姐|弟|妹|叔|婶|舅|姨|娃|孩子|宝")
# What is said of the whole sentence: 别说晕倒了，头都没晕过; 开玩笑的; 说的是钱包; 网上看来的; 不然要半身不遂，真的假的
_RATHER = re.compile(r"(?:别说|不要说|莫说|甭说|休说|别提)(?:是|什么)?$")
_NOT_EVEN = re.compile(r"^[^。!?;]{0,12}(?:都|也)(?:没|不)")
_JOKE = re.compile(
    r"(?<!不是)(?<!没)(?<!没有)(?<!你)(?<!你们)开(?:个)?玩笑|闹着玩|说着玩|演戏|不是(?:真的)?病|打(?:个)?比方|打(?:个)?比喻|(?:说|指)的是(?:钱|存折|账单|股票|手机|车|房|工资)"
    r"|身体(?:没事|好着|倒?没毛病|没问题|好得很)"
)
_HEARSAY = re.compile(r"(?:网上|手机上|抖音|电视上?|群里)(?:都是)?(?:看|刷|查|搜|听)(?:来|到|的)")
_RUMOUR = re.compile(r"真的假的|是真的吗|是不是真的|有这(?:回|种)事|有没有(?:这|道理|依据)|靠谱吗|对不对|可信吗|科学吗|对吗")
_SAID = re.compile(
    r"(?:村里|老|别|大|有|旁|乡里|外面)?人家?们?(?:都|总|老)?(?:说|讲|传)|(?:邻居|病友|亲戚|同事|朋友|他们|她们)(?:都|总)?(?:说|讲)"
)
_ELSE = re.compile(r"(?:不然|否则|要不然|免得|省得)(?:的话)?[^,。]{0,3}$|(?:说|讲)(?:喝|吃|动|下床|翻身|洗|用)[^,。]{0,4}$")
# 看得我脑出血, not 疼得我, 吃得我
_MADE_ME = re.compile(
    r"(?<![疼痛憋咳喘烧拉吐晕受堵闷胀压痒麻肿慌累吃打做输喝服扎用躺坐睡走爬动弄翻气吓急哭愁怄])[得的](?:我|人|俺|大家)(?:都|快|要|直|差点|就|心|有点)*$"
)
_OLDEN = re.compile(
    r"^(?:那)?(?:都|已经)?是(?:大?前年|去年|以前|早些年|好?几年前|[0-9一二两三四五六七八九十]+年前?|小时候|年轻|上半年|老早)[^,。]{0,3}的?(?:事|病)"
)
_BODILY = re.compile("突然|昏|晕|止不住|裤子|床单|产后|生完|血块|抢救|不醒|抽过|回家|回来|吐|刀口")
_ASKED = re.compile(r"(?:还|老|总|又|再|尽)(?:在)?问(?:什么|啥|我|他|她)?$")
_CALLED = re.compile(r"(?:群名|网名|昵称|歌名|店名|书名|片名|队名|外号|小名|名字)(?:就)?(?:叫|是)?[^,。]{0,3}$")
_QUOTED = re.compile(r"(?:写|发|印|贴|题|列|念|名|播|教|提|问|叫|标题)(?:的|着|了|过|那个|上|里)*[^,。]{0,2}[\"“][^\"”]*$")
_CURES = re.compile(r"(?:治|防|管|专治|预防|缓解|对付)$")
_CHRONIC = re.compile(
    r"从小|天生|打小|生来|自小|老毛病|后遗症|老花|一直(?:都|就)?(?:是)?这样|(?:好多|多|十几|几十|好几)年(?:了|前|都)|老样子"
    r"|[跟和与](?:原来|以前|出院时?候?|平时|之前|往常|过去)(?:都|也)?(?:一个样|一样|差不多|没两样)|没(?:有)?(?:什么"
    r"|啥)?变化|没(?:有)?加重"
)
_NEW = re.compile(r"突然|今[天早晚儿]|刚才|刚刚|[又更]|加重|新|这两天|这几天|另一|越来越|忽然|昨|好的那")
# 没有哪天胸口不闷: denied twice, it is there.
_ALWAYS = re.compile(r"没有?(?:哪|一|几)(?:天|晚上?|夜里?|次|回|个晚上|顿)[^,。]{0,5}(?:不|没)[^,。]{0,3}$")
# So far round a sign its frame is looked for, that a long text costs no more than its length.
_NEAR = 60
_PET = re.compile("[狗猫鸡猪羊牛]")
_PETS = re.compile(
    r"(?:我家|家里|邻居家?|他家)?(?:的)?(?:狗狗?|猫咪?|小狗|小猫|鸡|猪|羊|牛)(?:子)?(?:今天|昨天|也|又"
    r"|突然)*$"
)


def lower(text: str, mentions: Iterable[Mention], clauses: list[Clause], *, proxy: bool) -> None:
    """Take down what only sounds like a sign of the patient's."""
    asking = _ONLY_ASKING.search(text) is not None and _NOT_ME.search(text) is not None
    ends = [clause.start for clause in clauses[1:]] + [len(text)]
    starts: dict[int, int] = {}
    stops: dict[int, int] = {}
    for clause, end in zip(clauses, ends, strict=True):
        starts.setdefault(clause.sentence, clause.start)
        stops[clause.sentence] = end
    for mention in mentions:
        start = max(starts[mention.sentence], mention.start - _NEAR)
        stop = min(stops[mention.sentence], mention.end + _NEAR)
        old = mention.sign.chronic and _CHRONIC.search(text, start, stop) and not _NEW.search(text, start, stop)
        if old and mention.status not in ("negated", "other_person"):
            mention.status, mention.why = "negated", "老毛病，没有变化"
        if mention.status == "negated" and _ALWAYS.search(text, start, mention.start):
            mention.status = "present"
        if mention.status not in ("present", "uncertain", "resolved"):
            continue
        why = _thought(text, mention, start, stop) or ("只是问问，说了没有" if asking else "")
        if why:
            mention.status, mention.why = "hypothetical", why
        if mention.status not in ("present", "uncertain"):
            continue
        behind = text[mention.end : mention.end + 14]
        if behind[:1] in ("啥", "什") and behind.lstrip("啥什么")[:1] == text[mention.end - 1]:
            mention.lower("negated", f"“{text[mention.start : mention.end]}什么…”：是说没有")
        elif _OLDEN.match(behind):
            mention.lower("resolved", "是早先的事")
        its = _ITS.match(behind)
        if its is not None and (_THING.match(behind, its.end()) or (not proxy and _KIN.match(behind, its.end()))):
            mention.lower("other_person", f"“{behind[: its.end() + 2]}”：不是本人")
        elif _DIED.match(behind):
            mention.lower("other_person", "说的是去世的人")
        elif _PET.search(text, start, mention.start) and _PETS.search(text, start, mention.start):
            mention.lower("other_person", "说的是家畜宠物")
        elif _strange(text, mention, start, stop):
            mention.lower("hypothetical", "这里是别的意思")


def _strange(text: str, mention: Mention, start: int, stop: int) -> bool:
    """Whether other words give a sign another meaning. Fruit may colour what is red, it does not make blood; and who speaks of
    money may bleed all the same."""
    sign = mention.sign
    found = sign.strange.search(text, start, stop) if sign.strange is not None else None
    if found is None:
        return False
    if sign.level == "L0":
        return _BODILY.search(text, start, stop) is None
    return sign.ends != "blood" or "血" in found[0] or "血" not in text[mention.start : mention.end]


def _thought(text: str, mention: Mention, start: int, stop: int) -> str:
    """Why a sign is only read, told or asked about; '' where it is not."""
    before = text[start : mention.start]
    behind = text[mention.end : stop + 6]
    for frame in (_WRITTEN, _TOLD):
        match = next(reversed(list(frame.finditer(before))), None)
        if match is None or _HERE.search(before, match.end()):
            continue
        if _MINE.search(behind):
            continue
        if frame is _WRITTEN or _THEN.search(behind):
            return f"“{match[0]}”：是别人写的、交代的"
    if _BOUND.search(before) and _OUGHT.search(before + behind) and not _HERE.search(before):
        return "问到什么程度"
    if _IS_IT.search(before) and _THEN.search(behind) and not _HERE.search(before):
        return "在问要不要去医院"
    if not _HERE.search(before) and (
        (_ARISES.search(before) and _ACTION.match(behind)) or (_THEM.search(before) and _OUGHT.search(behind))
    ):
        return "在问一般的情况"
    if _DREAMT.search(before) and not _HERE.search(before):
        return "是梦里、戏里的事"
    if _RATHER.search(before) and _NOT_EVEN.match(behind):
        return "“别说”：后面说连别的也没有"
    whole = text[start : stop + 6]
    if not mention.sign.own and (_JOKE.search(whole) or _HEARSAY.search(whole)) and not _HERE.search(before):
        return "是说笑、听来的"
    if not _HERE.search(before) and ((_SAID.search(before) and _RUMOUR.search(behind)) or _ELSE.search(before)):
        return "是听说的后果"
    if _ASKED.search(before) or _CALLED.search(before) or _QUOTED.search(before):
        return "是问的、写的字"
    if not mention.sign.own and mention.sign.level == "L0" and _MADE_ME.search(before):
        return "“…得我…”：是夸张"
    if _CURES.search(before) and behind.startswith("的"):
        return "是名称"
    if _TAUGHT.search(before):
        return "是听课看书知道的"
    if _HOW.search(before) or _ABOUT.match(behind):
        return "在问怎么回事"
    if _NAMED.match(behind):
        return "是名称"
    return ""
