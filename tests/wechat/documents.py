"""Documents as WeChat sends them, one of every kind, and what each is read as. All names and ids are invented or taken
from Tencent's published examples."""

from hashlib import sha256

ACCOUNT = "gh_e136c6e50636"
OPENID = "oMgHVjngRipVsoxg6TuX3vz6glDg"
TIME = 1790000000
STICKER = "【收到不支持的消息类型，暂无法显示】"


def mark(what):
    """The key of what has no id of WeChat's own: it tells nobody whose it was."""
    return sha256(what.encode()).hexdigest()


def cdata(text):
    return f"<![CDATA[{text}]]>"


def element(name, value):
    return f"<{name}>{value if isinstance(value, int) or value.startswith('<') else cdata(value)}</{name}>"


def document(kind, *, openid=OPENID, time=TIME, **elements):
    parts = {"ToUserName": ACCOUNT, "FromUserName": openid, "CreateTime": time, "MsgType": kind} | elements
    return ("<xml>" + "".join(element(name, value) for name, value in parts.items()) + "</xml>").encode()


def text(content, message_id=22220946756594166, **more):
    return document("text", Content=content, MsgId=message_id, **more)


def event(name, **elements):
    return document("event", Event=name, **elements)


def chosen(*pairs):
    return "".join(
        f"<List><TemplateId>{cdata(template)}</TemplateId><SubscribeStatusString>{cdata(status)}</SubscribeStatusString>"
        f"<PopupScene>2</PopupScene></List>"
        for template, status in pairs
    )


# name: (document, fields of Inbound that differ from those of `at`, `openid` and `account`)
DOCUMENTS = {
    "text": (text("伤口不疼了"), {"kind": "text", "text": "伤口不疼了", "key": "22220946756594166"}),
    "text with marks": (text('体温<38 & 不"烧"\''), {"kind": "text", "text": '体温<38 & 不"烧"\'', "key": "22220946756594166"}),
    "text of an emoji": (text("好的👌🏻"), {"kind": "text", "text": "好的👌🏻", "key": "22220946756594166"}),
    "text of two lines": (text("不疼\n没发烧"), {"kind": "text", "text": "不疼\n没发烧", "key": "22220946756594166"}),
    "text, empty": (text(""), {"kind": "text", "text": "", "key": "22220946756594166"}),
    "menu option tapped": (
        text("满意", bizmsgmenuid="101"),
        {"kind": "text", "text": "满意", "tapped": "101", "key": "22220946756594166"},
    ),
    "text out of an article": (
        text("在吗", MsgDataId="2247483658_1", Idx="1"),
        {"kind": "text", "text": "在吗", "key": "22220946756594166", "detail": {"MsgDataId": "2247483658_1", "Idx": "1"}},
    ),
    "sticker": (text(STICKER), {"kind": "unknown", "text": "", "key": "22220946756594166"}),
    "image": (
        document("image", PicUrl="http://mmbiz.example/p", MediaId="m1", MsgId=11),
        {"kind": "image", "media_id": "m1", "key": "11", "detail": {"PicUrl": "http://mmbiz.example/p"}},
    ),
    "voice": (
        document("voice", MediaId="m2", Format="amr", MediaId16K="m216", Recognition="", MsgId=12),
        {"kind": "voice", "media_id": "m2", "key": "12", "detail": {"Format": "amr", "MediaId16K": "m216"}},
    ),
    "voice, recognised": (
        document("voice", MediaId="m2", Format="amr", Recognition="伤口疼", MsgId=13),
        {"kind": "voice", "media_id": "m2", "key": "13", "text": "伤口疼", "detail": {"Format": "amr"}},
    ),
    "video": (
        document("video", MediaId="m3", ThumbMediaId="t3", MsgId=14),
        {"kind": "video", "media_id": "m3", "key": "14", "detail": {"ThumbMediaId": "t3"}},
    ),
    "short video": (
        document("shortvideo", MediaId="m4", ThumbMediaId="t4", MsgId=15),
        {"kind": "video", "media_id": "m4", "key": "15", "detail": {"ThumbMediaId": "t4"}},
    ),
    "location": (
        document("location", Location_X="23.134521", Location_Y="113.358803", Scale=20, Label="位置", MsgId=16),
        {
            "kind": "location",
            "key": "16",
            "detail": {"Location_X": "23.134521", "Location_Y": "113.358803", "Scale": "20", "Label": "位置"},
        },
    ),
    "link": (
        document("link", Title="公告", Description="说明", Url="https://example.cn/a?b=1&c=2", MsgId=17),
        {
            "kind": "link",
            "key": "17",
            "detail": {"Title": "公告", "Description": "说明", "Url": "https://example.cn/a?b=1&c=2"},
        },
    ),
    "mini-program card": (
        document("miniprogrampage", Title="卡片", AppId="wx0", PagePath="p/i", ThumbUrl="u", ThumbMediaId="t", MsgId=18),
        {
            "kind": "unknown",
            "key": "18",
            "detail": {
                "MsgType": "miniprogrampage",
                "Title": "卡片",
                "AppId": "wx0",
                "PagePath": "p/i",
                "ThumbUrl": "u",
                "ThumbMediaId": "t",
            },
        },
    ),
    "subscribe": (event("subscribe", EventKey=""), {"event": "subscribe", "key": mark(f"{OPENID}:{TIME}:subscribe:")}),
    "subscribe by scanning": (
        event("subscribe", EventKey="qrscene_p_k3J9x", Ticket="TICKET"),
        {
            "event": "subscribe",
            "event_key": "p_k3J9x",
            "key": mark(f"{OPENID}:{TIME}:subscribe:p_k3J9x"),
            "detail": {"Ticket": "TICKET"},
        },
    ),
    "unsubscribe": (event("unsubscribe"), {"event": "unsubscribe", "key": mark(f"{OPENID}:{TIME}:unsubscribe:")}),
    "scan": (
        event("SCAN", EventKey="p_k3J9x", Ticket="TICKET"),
        {"event": "scan", "event_key": "p_k3J9x", "key": mark(f"{OPENID}:{TIME}:scan:p_k3J9x"), "detail": {"Ticket": "TICKET"}},
    ),
    "location report": (
        event("LOCATION", Latitude="23.137466", Longitude="113.352425", Precision="119.385040"),
        {
            "event": "location",
            "key": mark(f"{OPENID}:{TIME}:location:"),
            "detail": {"Latitude": "23.137466", "Longitude": "113.352425", "Precision": "119.385040"},
        },
    ),
    "menu click": (
        event("CLICK", EventKey="FOLLOWUP"),
        {"event": "click", "event_key": "FOLLOWUP", "key": mark(f"{OPENID}:{TIME}:click:FOLLOWUP")},
    ),
    "menu view": (
        event("VIEW", EventKey="https://example.cn/", MenuId="MENUID"),
        {
            "event": "view",
            "event_key": "https://example.cn/",
            "key": mark(f"{OPENID}:{TIME}:view:https://example.cn/"),
            "detail": {"MenuId": "MENUID"},
        },
    ),
    "menu mini-program": (
        event("view_miniprogram", EventKey="pages/i", MenuId="M"),
        {
            "event": "view_miniprogram",
            "event_key": "pages/i",
            "key": mark(f"{OPENID}:{TIME}:view_miniprogram:pages/i"),
            "detail": {"MenuId": "M"},
        },
    ),
    **{
        name: (
            event(
                name, EventKey="6", ScanCodeInfo="<ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[1]]></ScanResult>"
            ),
            {
                "event": name,
                "event_key": "6",
                "key": mark(f"{OPENID}:{TIME}:{name}:6"),
                "detail": {"ScanType": "qrcode", "ScanResult": "1"},
            },
        )
        for name in ("scancode_push", "scancode_waitmsg")
    },
    **{
        name: (
            event(
                name,
                EventKey="6",
                SendPicsInfo="<Count>1</Count><PicList><item><PicMd5Sum><![CDATA[1b5f]]></PicMd5Sum></item></PicList>",
            ),
            {
                "event": name,
                "event_key": "6",
                "key": mark(f"{OPENID}:{TIME}:{name}:6"),
                "detail": {"Count": "1", "PicList.item.1.PicMd5Sum": "1b5f"},
            },
        )
        for name in ("pic_sysphoto", "pic_photo_or_album", "pic_weixin")
    },
    "two pictures": (
        event(
            "pic_weixin",
            EventKey="6",
            SendPicsInfo="<Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item><item><PicMd5Sum>b</PicMd5Sum></item></PicList>",
        ),
        {
            "event": "pic_weixin",
            "event_key": "6",
            "key": mark(f"{OPENID}:{TIME}:pic_weixin:6"),
            "detail": {"Count": "2", "PicList.item.1.PicMd5Sum": "a", "PicList.item.2.PicMd5Sum": "b"},
        },
    ),
    "place chosen": (
        event(
            "location_select",
            EventKey="6",
            SendLocationInfo="<Location_X><![CDATA[23]]></Location_X><Location_Y><![CDATA[113]]></Location_Y>"
            "<Scale><![CDATA[15]]></Scale><Label><![CDATA[某路 106号]]></Label><Poiname><![CDATA[]]></Poiname>",
        ),
        {
            "event": "location_select",
            "event_key": "6",
            "key": mark(f"{OPENID}:{TIME}:location_select:6"),
            "detail": {"Location_X": "23", "Location_Y": "113", "Scale": "15", "Label": "某路 106号", "Poiname": ""},
        },
    ),
    **{
        f"template {status}": (
            event("TEMPLATESENDJOBFINISH", MsgID=200163836, Status=status),
            {
                "event": "templatesendjobfinish",
                "key": mark(f"{OPENID}:{TIME}:templatesendjobfinish:200163836"),
                "detail": {"MsgID": "200163836", "Status": status},
            },
        )
        for status in ("success", "failed:user block", "failed: system failed")
    },
    "mass message": (
        event("MASSSENDJOBFINISH", MsgID=1000001625, Status="send success", TotalCount=100, ErrorCount=5),
        {
            "event": "masssendjobfinish",
            "key": mark(f"{OPENID}:{TIME}:masssendjobfinish:1000001625"),
            "detail": {"MsgID": "1000001625", "Status": "send success", "TotalCount": "100", "ErrorCount": "5"},
        },
    ),
    "subscription, one answer": (
        event("subscribe_msg_popup_event", SubscribeMsgPopupEvent=chosen(("T1", "accept"))),
        {
            "event": "subscribe_msg_popup_event",
            "key": mark(f"{OPENID}:{TIME}:subscribe_msg_popup_event:"),
            "detail": {"List.1.TemplateId": "T1", "List.1.SubscribeStatusString": "accept", "List.1.PopupScene": "2"},
        },
    ),
    "subscription, two answers": (
        event("subscribe_msg_popup_event", SubscribeMsgPopupEvent=chosen(("T1", "accept"), ("T2", "reject"))),
        {
            "event": "subscribe_msg_popup_event",
            "key": mark(f"{OPENID}:{TIME}:subscribe_msg_popup_event:"),
            "detail": {
                "List.1.TemplateId": "T1",
                "List.1.SubscribeStatusString": "accept",
                "List.1.PopupScene": "2",
                "List.2.TemplateId": "T2",
                "List.2.SubscribeStatusString": "reject",
                "List.2.PopupScene": "2",
            },
        },
    ),
    "subscription withdrawn": (
        event(
            "subscribe_msg_change_event",
            SubscribeMsgChangeEvent="<List><TemplateId><![CDATA[T1]]></TemplateId>"
            "<SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString></List>",
        ),
        {
            "event": "subscribe_msg_change_event",
            "key": mark(f"{OPENID}:{TIME}:subscribe_msg_change_event:"),
            "detail": {"List.1.TemplateId": "T1", "List.1.SubscribeStatusString": "reject"},
        },
    ),
    "subscription sent": (
        event(
            "subscribe_msg_sent_event",
            SubscribeMsgSentEvent="<List><TemplateId><![CDATA[T1]]></TemplateId><MsgID>1700827132819554304</MsgID>"
            "<ErrorCode>0</ErrorCode><ErrorStatus><![CDATA[success]]></ErrorStatus></List>",
        ),
        {
            "event": "subscribe_msg_sent_event",
            "key": mark(f"{OPENID}:{TIME}:subscribe_msg_sent_event:1700827132819554304"),
            "detail": {
                "List.1.TemplateId": "T1",
                "List.1.MsgID": "1700827132819554304",
                "List.1.ErrorCode": "0",
                "List.1.ErrorStatus": "success",
            },
        },
    ),
    **{
        name: (
            event(name, KfAccount="test1@test"),
            {"event": name, "key": mark(f"{OPENID}:{TIME}:{name}:"), "detail": {"KfAccount": "test1@test"}},
        )
        for name in ("kf_create_session", "kf_close_session")
    },
    "kf_switch_session": (
        event("kf_switch_session", FromKfAccount="test1@test", ToKfAccount="test2@test"),
        {
            "event": "kf_switch_session",
            "key": mark(f"{OPENID}:{TIME}:kf_switch_session:"),
            "detail": {"FromKfAccount": "test1@test", "ToKfAccount": "test2@test"},
        },
    ),
    "an event of next year": (
        event("brand_new_event", Something="x"),
        {"event": "brand_new_event", "key": mark(f"{OPENID}:{TIME}:brand_new_event:"), "detail": {"Something": "x"}},
    ),
}
