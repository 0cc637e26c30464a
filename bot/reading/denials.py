"""没有 that reaches further than the word beside it: back over what was named before, and over a list behind it."""

from __future__ import annotations

import itertools
import re

from bot.reading.mention import Clause, Mention, Word

_BARE = frozenset(
    (
        "没有",
        "没",
        "无",
        "没得",
        "都没有",
        "也没有",
        "都没",
        "也没",
        "一点没",
        "一点也没",
        "一点都没",
        "根本没",
        "一概没有",
        "没有了",
        "也不",
        "不存在",
        "都不",
        "没有过",
        "从来没有",
        "从来没有过",
        "从来没",
        "从没有",
        "从没",
        "从未",
        "再没有",
    )
)
WIDE = frozenset(
    (
        "没有",
        "无",
        "未见",
        "未诉",
        "未曾",
        "未出现",
        "均未",
        "未有",
        "没有什么",
        "没什么",
        "没有任何",
        "没任何",
        "并没有",
        "从没有",
        "从来没有",
        "没有出现",
        "没出现",
        "没有再",
        "没再",
    )
)
_REST = re.compile("别的|其他|其它|其余|另外")
_COPY = frozenset(("倒是", "到是", "是", "倒", "到", "倒也", "也"))
# 你列的…我一个都没沾, 这几样都没有, 这些症状均未出现: behind a list, of the whole of it.
_NONE_OF_IT = re.compile(
    r"(?=[一哪以上这那症情毛])(?:一[个条样]|哪[个样]|以上|上[述面]|[这那](?:些|几[样个种条])|症状|情况|毛病)[^,。!?;\n]{0,8}?(?<!以前)(?<!原来)(?<!之前)"
    r"(?:都|也|均|全|皆|一概|统统)*(?:没有?|未曾?|无|没得|不存在)(?:出现|发生|沾|碰|遇|犯|有|得|摊|中|占|见)*(?:上|到|过|着|边)*[了呢啊的]*"
    r"(?=$|[,。!?;\n])"
)
_ONCE = re.compile(r"以前|原来|之前|过去|住院前|手术前|本来|昨天|前几天")
_ALL = frozenset(("no", "part", "list", "fill", "both", "sign", "phenomenon", "comma"))
_AFTER_NO = re.compile(
    r"(?:了|过|出现|发生|什么|啥|有|的|任何|问题|情况|症状|感觉|异常|[出见流吐掉咳拉肿裂疼痛烧晕抽](?=了"
    r"|过|$|[,。!?;\n]))*(?=$|[,。!?;\n])"
)


def before(text: str, clause: Clause, mention: Mention, hit: Word, *, near: bool) -> bool:
    """没有胸痛, 不疼了, 疼不疼, 烧倒是不烧. True when it says that something is over."""
    no = clause.no
    adjacent = near or (bool(clause.part) and clause.part_end == hit.start and clause.cursor == clause.part_end)
    if no is None or not adjacent:
        clause.no = None
        clause.cursor = hit.end
        return False
    word = text[no.start : no.end]
    if clause.chained and (word not in WIDE or hit.end - hit.start > 2):
        clause.no = None
        return False
    earlier = clause.mentions[-1] if clause.mentions else None
    over = (text[hit.end : hit.end + 1] == "了" and text[hit.end + 1 : hit.end + 2] not in ("吗", "么")) or "再" in word
    clause.cursor, clause.chained = hit.end, True
    if earlier is not None and earlier.status == "present":
        if earlier.sign.ends == mention.sign.ends and earlier.end == no.start and text[earlier.end - 1] == text[hit.start]:
            earlier.lower("hypothetical", f"“{text[earlier.start : hit.end]}”是在问")
            mention.lower("hypothetical", earlier.why)
            return False
        if earlier.sign.ends == mention.sign.ends and text[earlier.end : no.start] in _COPY:
            earlier.lower("negated", f"“{text[earlier.start : hit.end]}”")
    if over and mention.sign.level != "L3":
        mention.lower("resolved", f"“{word}…了”：已经没有")
    else:
        mention.lower("negated", f"前面有“{word}”")
    return over


def behind(text: str, clauses: list[Clause], clause: Clause, end: int) -> None:
    """胸痛没有；发烧、咳嗽、胸闷都没有"""
    no = clause.no
    if no is None or clause.chained:
        return
    word = text[no.start : no.end]
    if _REST.search(text, clause.start, no.end) or _REST.match(text, no.end):
        return
    if word not in _BARE or not _AFTER_NO.match(text, no.end, end):
        return
    back = text[clause.start : no.start]
    place = no.start
    both = word.startswith(("都", "也")) or bool(re.search(r"(?:都|全|均|通通|一概)$", back))
    for mention in reversed(clause.mentions):
        if mention.end > no.start:
            continue
        if (
            re.fullmatch(
                r"[、和或及跟与都也我倒到是全均一概通现在这两天直从来目前还啥什么的了过今天出一点儿丝半滴次回根本、症状情况那真确实绝对可]*",
                text[mention.end : place],
            )
            is None
        ):
            return
        mention.status, mention.why = _denied(clause, word)
        place = _part_start(clause, mention)
    if clause.part and not clause.mentions:
        return
    if not clause.mentions and clause.number and _known(clause, no, back):
        spoken = [earlier for earlier in clauses[max(0, clause.number - 2) : clause.number] if earlier.mentions]
        for mention in spoken[-1].mentions if spoken else ():
            if mention.sentence == clause.sentence and mention.status in ("present", "uncertain"):
                mention.status, mention.why = _denied(clause, word)
    if both and place <= clause.start + 4:
        _whole_list(clauses, clause)


def _denied(clause: Clause, word: str) -> tuple[str, str]:
    """又好像没有 doubts what it names."""
    return ("uncertain", f"“{clause.unsure}”：不确定") if clause.unsure else ("negated", f"后面说“{word}”")


def _known(clause: Clause, no: Word, back: str) -> bool:
    """Whether only words like 目前, 我, 都 stand before the 没有 that ends the clause."""
    said = sum(word.end - word.start for word in clause.words if word.end <= no.start)
    return len(re.sub("[不过但是,那真确实可倒]", "", back)) <= said


def _part_start(clause: Clause, mention: Mention) -> int:
    place = mention.start
    for word in reversed(clause.words):
        if word.end == place and word.what[0] in ("part", "fill", "list"):
            place = word.start
    return place


def _whole_list(clauses: list[Clause], clause: Clause) -> None:
    for earlier in reversed(clauses[: clause.number]):
        if earlier.sentence != clause.sentence or not earlier.mentions:
            return
        covered = sum(word.end - word.start for word in earlier.words)
        length = clauses[earlier.number + 1].start - earlier.start
        if length - covered > 1 or any(word.what[0] in ("severe", "mild", "now", "recent", "self") for word in earlier.words):
            return
        for mention in earlier.mentions:
            mention.status, mention.why = "negated", "后面说“都没有”"


def whole(text: str, mentions: list[Mention], clauses: list[Clause]) -> None:
    """你列的胸痛、喘，我一个都没沾; 没有吐血便血黑便."""
    for none in _NONE_OF_IT.finditer(text):
        here = next(clause for clause in reversed(clauses) if clause.start <= none.start())
        begin = min(clause.start for clause in clauses if clause.sentence == here.sentence)
        if _ONCE.search(text, begin, none.end()):
            continue
        for mention in mentions:
            if begin <= mention.start and mention.end <= none.end() and not (clauses[mention.clause].now or mention.value):
                mention.lower("negated", f"后面说“{none[0]}”")
    for clause in clauses:
        no = next((word for word in clause.words if word.what[0] == "no"), None)
        if no is None or len(clause.mentions) < 2 or text[no.start : no.end] not in WIDE or no.start > clause.start + 2:
            continue
        listed = [word for word in clause.words if word.start >= no.start]
        if len(clause.mentions) == 2 and len({mention.sign.flag for mention in clause.mentions}) > 1:
            continue
        if all(one.end == other.start and other.what[0] in _ALL for one, other in itertools.pairwise(listed)):
            for mention in clause.mentions:
                mention.lower("negated", "前面的“没有”管着整串")


def ahead(text: str, clauses: list[Clause]) -> None:
    """没有发烧，咳嗽，胸闷: three bare names behind one 没有 are one list."""
    run: list[Clause] = []
    for clause in [*clauses, Clause(-1, -1, len(text))]:
        if run and clause.number > 0 and clause.sentence == run[0].sentence and _is_bare(text, clauses, clause):
            run.append(clause)
            continue
        if len(run) >= 3:
            for later in run[1:]:
                for mention in later.mentions:
                    mention.lower("negated", "前面的“没有”管着整串")
        denied = clause.mentions and all(mention.status == "negated" for mention in clause.mentions)
        run = [clause] if denied and clause.no is not None and text[clause.no.start : clause.no.end] in WIDE else []


def _is_bare(text: str, clauses: list[Clause], clause: Clause) -> bool:
    if len(clause.mentions) != 1:
        return False
    end = clauses[clause.number + 1].start if clause.number + 1 < len(clauses) else len(text)
    mention = clause.mentions[0]
    return mention.end - mention.start >= len(text[clause.start : end].strip(",。!?; \n吧")) and mention.end - mention.start <= 4
