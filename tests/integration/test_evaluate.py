"""``python -m bot evaluate``: figures that can be checked by hand, and bad files told with file, line and reason."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.evaluate.files import DataError, read_lines, read_table
from bot.evaluate.intents import figures
from bot.evaluate.progress import Progress
from bot.evaluate.search import read_articles, read_queries
from bot.evaluate.tables import lined

ROOT = Path(__file__).parents[2]


def evaluate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "evaluate", *map(str, arguments)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_intents_are_trained_on_one_file_and_measured_on_another(tmp_path):
    frames = ("where is my {}", "the {} please", "I have a question about the {}", "{}?")
    topics = {
        "parcel": ("parcel", "delivery", "shipment"),
        "bill": ("invoice", "bill", "receipt"),
        "oos": ("weather", "moon", "goat"),
    }
    rows = [(frame.format(word), intent) for intent, words in topics.items() for word in words for frame in frames]
    (tmp_path / "train.csv").write_text("text,intent\n" + "".join(f'"{text}",{intent}\n' for text, intent in rows))
    (tmp_path / "test.csv").write_text(
        'intent,text,more\nparcel,"my parcel, please",x\nbill,an invoice,x\noos,the goat and the moon,x\n'
    )
    done = evaluate(
        "intents",
        "--train",
        tmp_path / "train.csv",
        "--test",
        tmp_path / "test.csv",
        "--shots",
        8,
        "--seeds",
        2,
        "--json",
        tmp_path / "out" / "report.json",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (found["rows"], found["intents"], found["train_rows"], len(found["seeds"])) == (3, 2, 24, 2)
    assert found["accuracy"] == 1.0 and 0 < found["threshold"] < 1 and found["oos_recall"] == 1.0
    assert "mean" in done.stdout and "accuracy" in done.stdout and "%" not in done.stdout
    assert "encoding the training examples" in done.stderr


def test_search_finds_and_answers_from_files(tmp_path):
    faqs = [
        {"faq_id": "a", "question": "How do I return a lamp?", "answer": "Send it back within 30 days, with the form."},
        {
            "faq_id": "b",
            "question": "What does delivery cost?",
            "answers": ["Delivery is free.", "Abroad it costs 9 EUR."],
        },
        {"faq_id": "c", "question": "Can I pay by card?", "answer": "Cards and transfers are fine."},
    ]
    (tmp_path / "faqs.jsonl").write_text("\n".join(map(json.dumps, faqs)) + "\n\n")
    (tmp_path / "queries.tsv").write_text(
        "query\tgold_faq_ids\nreturning my lamp\ta\nprice of shipping\tb|x\nwho won the match?\t\n"
    )
    done = evaluate(
        "search",
        "--articles",
        tmp_path / "faqs.jsonl",
        "--queries",
        tmp_path / "queries.tsv",
        "--language",
        "en",
        "--json",
        tmp_path / "report.json",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["r_at_1"], found["r_at_5"], found["mrr"], found["rows"]) == (1.0, 1.0, 1.0, 3)
    assert found["answered"] + found["asked_back"] + found["declined"] == pytest.approx(1, abs=0.001)
    assert found["answered"] == pytest.approx(found["answered_right"] + found["answered_wrong"])


@pytest.mark.parametrize(
    ("part", "files", "told"),
    [
        ("intents", {"train": "text,label\na,b\n", "test": "text,intent\na,b\n"}, "train:1: missing column intent"),
        ("intents", {"train": "text,intent\na,b\nc\n", "test": "text,intent\na,b\n"}, "train:3: 1 cells"),
        (
            "intents",
            {"train": "text,intent\na,b\nc,b\n", "test": "text,intent\na,b\n"},
            "train:1: examples of at least two",
        ),
        (
            "search",
            {
                "articles": '{"faq_id": "a", "question": "q", "answer": "x"}\n{"faq',
                "queries": "query\tgold_faq_ids\nq\ta\n",
            },
            "articles:2: not valid JSON",
        ),
        (
            "search",
            {"articles": '{"faq_id": "a", "question": "q", "answer": "x"}', "queries": "query\tgold_faq_ids\nq\tz\n"},
            "queries:2: no article",
        ),
        ("anger", {"test": "lang\tlabel\ttext\nen\tfurious\thello\n"}, "test:2: the label 'furious'"),
        ("anger", {"test": "lang\tlabel\ttext\nfr\tcalm\tbonjour\n"}, "test:2: the language 'fr'"),
    ],
)
def test_a_bad_file_is_told_and_nothing_is_measured(part, files, told, tmp_path, monkeypatch, capsys):
    arguments: list[str | Path] = [part]
    for name, content in files.items():
        (tmp_path / name).write_text(content)
        arguments += [f"--{name}", tmp_path / name]
    arguments += ["--language", "en"] if part == "search" else []
    monkeypatch.setattr(sys, "argv", ["bot", "evaluate", *map(str, arguments)])
    assert main() == 2
    said = capsys.readouterr()
    assert told in said.err and said.out == ""


def test_a_missing_file_and_a_wrong_option_end_with_two(tmp_path):
    assert evaluate("anger", "--test", tmp_path / "none.tsv").returncode == 2
    assert evaluate("intents", "--train", "a", "--test", "b", "--shots", "0").returncode == 2


def test_the_figures_of_intents_are_as_counted_by_hand():
    wanted = ["a", "a", "b", "oos", "oos"]
    found = figures(wanted, [("a", 0.9), ("b", 0.9), ("b", 0.1), ("a", 0.2), ("b", 0.8)])
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["macro_f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["in_scope_accuracy"] == pytest.approx(1 / 3, abs=1e-4)
    assert (found["oos_recall"], found["refused"]) == (0.5, pytest.approx(1 / 3, abs=1e-4))


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('text,intent\n"a, b\nc",x\n', [("a, b\nc", "x")]),
        ('text\tintent\n"it\'s" fine\tx\n', [("it's fine", "x")]),
        ('text\tintent\n"lone quote\tx\nnext\ty\n', [('"lone quote', "x"), ("next", "y")]),
        ("\ufefftext,intent\r\na,x\r\n\r\n", [("a", "x")]),
    ],
)
def test_tables_are_read_as_a_spreadsheet_writes_them(content, rows, tmp_path):
    (tmp_path / "t").write_bytes(content.encode())
    assert [(row["text"], row["intent"]) for _, row in read_table(tmp_path / "t", ("text", "intent"))] == rows


@pytest.mark.parametrize(
    ("content", "line"), [(b"", 1), (b"\xff", 1), (b"text,intent\n", 1), (b"text,intent\na,\xff\n", 2)]
)
def test_unreadable_tables_are_told_with_their_line(content, line, tmp_path):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"t\.csv:{line}: "):
        list(read_table(tmp_path / "t.csv", ("text", "intent")))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1]\n",
        '{"faq_id": "", "question": "q"}',
        '{"faq_id": "a", "question": "q", "answers": "x"}',
        '{"faq_id": "a", "question": "q"}\n{"faq_id": "a", "question": "q"}',
    ],
)
def test_bad_articles_are_refused(content, tmp_path):
    (tmp_path / "f.jsonl").write_text(content)
    with pytest.raises(DataError, match=r"f\.jsonl:\d"):
        read_articles(tmp_path / "f.jsonl", "en")


def test_a_question_without_an_article_is_kept_as_one_to_decline(tmp_path):
    (tmp_path / "q.tsv").write_text("query\tgold_faq_ids\nwhat?\t\n")
    assert read_queries(tmp_path / "q.tsv", frozenset("a"))[0].gold == frozenset()
    assert [line for line, _ in read_lines(_file(tmp_path, '\n{"a": 1}\n'))] == [2]


def _file(folder: Path, content: str) -> Path:
    (folder / "lines.jsonl").write_text(content)
    return folder / "lines.jsonl"


def test_the_table_is_aligned_and_the_bar_ends_in_a_line():
    assert lined(["", "rows"], [["de", 12], ["long", 0.5]]).splitlines() == [
        "        rows",
        "de        12",
        "long  0.5000",
    ]
    out = io.StringIO()
    bar = Progress("reading", 3, out)
    bar(3)
    bar.end()
    assert out.getvalue().startswith("reading: 3 in") and out.getvalue().endswith("\n")
