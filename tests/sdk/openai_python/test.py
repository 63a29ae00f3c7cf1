"""The official client, unchanged, against golem-video's server. test.py calls|polls PICTURE FILM, with the server at
SERVER, tokens of two tenants in TOKEN and OTHER_TOKEN, and its sandbox at SANDBOX."""
import base64
import http.client
import http.server
import json
import os
import re
import sys
import threading
import time
import urllib.request

import openai
from openai import OpenAI
from openai.types import Video

what, picture, film = sys.argv[1:]
SERVER, SANDBOX, TOKEN, OTHER_TOKEN = (os.environ[name] for name in ("SERVER", "SANDBOX", "TOKEN", "OTHER_TOKEN"))
MODEL = "kling/kling-v2-6"


def client_at(origin, key=TOKEN, retries=0):
    return OpenAI(base_url=f"{origin}/v1", api_key=key, max_retries=retries)


client, stranger = client_at(SERVER), client_at(SERVER, OTHER_TOKEN)


def check(video):
    assert video.object == "video" and video.status in ("queued", "in_progress", "completed", "failed"), video
    assert type(video.progress) is int and 0 <= video.progress <= 100, video
    assert type(video.seconds) is str and type(video.size) is str, video
    return video


def completed(made):
    video = check(client.videos.poll(check(made).id))
    assert (video.status, video.progress, video.error) == ("completed", 100, None), video
    assert video.completed_at >= video.created_at
    return video


def refused(kind, code, call, *args, **named):
    try:
        answer = call(*args, **named)
    except kind as error:
        assert error.code == code and error.request_id, error
        return error
    raise AssertionError(f"not refused with {code}: {answer}")


def derive(path, body, by=client):
    """edits and extensions of a video by its id: the client's own methods take files only."""
    return by.post(f"/videos/{path}", cast_to=Video, body=body)


def creates():
    with urllib.request.urlopen(f"{SANDBOX}/_sandbox/ledger") as answer:
        return len(json.load(answer)["creates"])


def create_and_content():
    made = client.videos.create(prompt="a paper boat", model=MODEL, seconds="5", size="1280x720")
    assert (made.status, made.model, made.prompt, made.seconds) == ("queued", MODEL, "a paper boat", "5"), made
    assert completed(made).size == "1280x720"
    for variant, kind, magic in (("video", "video/mp4", b"ftyp"), ("thumbnail", "image/jpeg", b"\xff\xd8"),
                                 ("spritesheet", "image/jpeg", b"\xff\xd8")):
        answer = client.videos.download_content(made.id, variant=variant)
        data = answer.read()
        assert answer.response.headers["content-type"] == kind
        assert int(answer.response.headers["content-length"]) == len(data)
        assert magic in data[:12], variant


def pictures():
    with open(picture, "rb") as file:
        data = file.read()
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    wish = {"prompt": "it turns", "model": MODEL, "seconds": "5"}
    with open(picture, "rb") as file:
        sent = completed(client.videos.create(**wish, input_reference=file))
    # Its own parameter takes files only.
    linked = completed(client.videos.create(**wish, extra_body={"input_reference": {"image_url": url}}))
    assert sent.golem_video["request"] == linked.golem_video["request"]
    assert sent.golem_video["request"]["input"]["image"], sent


def extras():
    extra = {"golem_video": {"config": {"negative_prompt": "rain"}, "metadata": {"film": "7"}}}
    video = completed(client.videos.create(prompt="a boat", model=MODEL, extra_body=extra))
    assert video.golem_video["metadata"] == {"film": "7"}
    assert video.golem_video["request"]["config"]["negative_prompt"] == "rain"


def pages():
    made = [completed(client.videos.create(prompt=prompt, model=MODEL)).id for prompt in ("one", "two", "three")]
    page = client.videos.list(limit=2)
    assert [video.id for video in page.data] == [made[2], made[1]] and page.has_next_page()
    assert page.get_next_page().data[0].id == made[0]
    rising = [check(video).id for video in client.videos.list(limit=2, order="asc")]
    assert rising == sorted(rising) and rising[-3:] == made


def films_of_films():
    retired = {"golem_video": {"config": {"provider_options": {"allow_retired": "true"}}}}
    source = completed(client.videos.create(prompt="a boat", model="kling/kling-v1-6", extra_body=retired))
    longer = completed(derive("extensions", {"prompt": "it sails on", "seconds": "5", "video": {"id": source.id}}))
    assert int(longer.seconds) > int(source.seconds), longer
    model = {"model": "runway/aleph2"}
    with open(film, "rb") as file:
        edit = completed(client.videos.edit(prompt="by night", video=file, extra_body=model))
    again = completed(derive("edits", {"prompt": "in snow", "video": {"id": edit.id}}))
    assert again.prompt == "in snow"
    remix = client.videos.remix(edit.id, prompt="at noon")
    assert remix.remixed_from_video_id == edit.id
    assert completed(remix).prompt == "at noon"
    refused(openai.BadRequestError, "unsupported", client.videos.remix, source.id, prompt="no")


def delete():
    made = completed(client.videos.create(prompt="gone", model=MODEL))
    answer = client.videos.delete(made.id)
    assert (answer.id, answer.object, answer.deleted) == (made.id, "video.deleted", True)
    refused(openai.NotFoundError, "not_found", client.videos.retrieve, made.id)


def refusals():
    with open(film, "rb") as file:
        refused(openai.BadRequestError, "unsupported", client.videos.create_character, name="Mia", video=file)
    refused(openai.BadRequestError, "model_not_found", client.videos.create, prompt="x", model="sora-2")
    refused(openai.AuthenticationError, "invalid_api_key", client_at(SERVER, "none").videos.list)
    made = completed(client.videos.create(prompt="mine", model=MODEL))
    for call, named in ((stranger.videos.retrieve, {}), (stranger.videos.download_content, {}),
                        (stranger.videos.delete, {}), (stranger.videos.remix, {"prompt": "x"})):
        refused(openai.NotFoundError, "not_found", call, made.id, **named)
    for path, more in (("edits", {}), ("extensions", {"seconds": "5"})):
        body = {"prompt": "x", "video": {"id": made.id}, **more}
        refused(openai.NotFoundError, "not_found", derive, path, body, by=stranger)
    assert list(stranger.videos.list()) == []


def lost_answers():
    """Three sends of one create, the first two answers being lost: one job, one create."""
    sends = []

    class Lossy(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            onward = http.client.HTTPConnection(SERVER.split("//")[1])
            onward.request("POST", self.path, body, dict(self.headers))
            answer = onward.getresponse()
            data = answer.read()
            onward.close()
            sends.append(self.headers["x-stainless-retry-count"])
            self.close_connection = True
            if len(sends) < 3:
                return
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words):
            pass

    before = creates()
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lossy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    patient = client_at(f"http://127.0.0.1:{proxy.server_address[1]}", retries=2)
    with open(picture, "rb") as file:
        made = patient.videos.create(prompt="lost in Python", model=MODEL, input_reference=file)
    proxy.shutdown()
    proxy.server_close()
    assert sends == ["0", "1", "2"], sends
    completed(made)
    assert [v.id for v in client.videos.list(limit=100) if v.prompt == "lost in Python"] == [made.id]
    assert creates() == before + 1


def looks():
    """How often a video was looked at, as the server counts it."""
    asked = urllib.request.Request(f"{SERVER}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(asked) as answer:
        text = answer.read().decode()
    return sum(int(n) for n in re.findall(
        r'^golem_video_http_requests_total\{method="GET",route="/v1/videos/\{id\}",class="\w+"\} (\d+)$', text, re.M))


def patience():
    """create_and_poll looks as often as the server says, and no more."""
    before, began = looks(), time.monotonic()
    video = client.videos.create_and_poll(prompt="a slow boat", model=MODEL)
    seconds, seen = time.monotonic() - began, looks() - before
    assert video.status == "completed", video
    answer = client.videos.with_raw_response.retrieve(video.id)
    after_ms = int(answer.headers["openai-poll-after-ms"])
    allowed = seconds * 1000 / after_ms + 2
    print(f"{seen} looks in {seconds:.1f} s, one each {after_ms} ms")
    assert 2 < seen <= allowed, f"{seen} looks where {allowed:.1f} were allowed"


CALLS = (create_and_content, pictures, extras, pages, films_of_films, delete, refusals, lost_answers)
for scenario in CALLS if what == "calls" else (patience,):
    scenario()
    print(f"ok {scenario.__name__}")
