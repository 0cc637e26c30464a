"""Every transcript must come out as it stands. `python -m tests.transcript --approve` rewrites them; read the diff."""

import pytest
import transcript


@pytest.mark.parametrize("path", transcript.files(), ids=lambda path: str(path.relative_to(transcript.TRANSCRIPTS)))
def test_transcript(path):
    assert transcript.difference(path) == ""


def test_a_changed_transcript_is_noticed_and_rewritten(tmp_path):
    original = transcript.TRANSCRIPTS / "engine" / "alarm.txt"
    copy = tmp_path / "alarm.txt"
    copy.write_text(original.read_text(encoding="utf-8").replace("! 红线", "! 蓝线"), encoding="utf-8")
    assert "-! 蓝线" in transcript.difference(copy)
    assert transcript.approve([copy]) == [copy]
    assert copy.read_text(encoding="utf-8") == original.read_text(encoding="utf-8")
    assert transcript.approve([copy]) == []
