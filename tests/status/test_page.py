# SPDX-License-Identifier: BSD-2-Clause
"""The page as Chromium shows it: with and without JavaScript, in the light and in the
dark, on a desk and on a telephone."""

import http.server
import threading

import pytest

import chromium

pytestmark = pytest.mark.skipif(chromium.PROGRAM is None, reason="chromium is not installed")

ROWS = "document.querySelectorAll('tr.row').length"
# Contrast of text on what is behind it (WCAG 2.2, 1.4.3), the least of those elements.
CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d',
      {willReadFrequently: true});
  const colour = text => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = rgb => {
    const [r, g, b] = rgb.map(c => c / 255)
        .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const found = colour(getComputedStyle(each).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255, 255];
  };
  return Math.min(...[...document.querySelectorAll(
      'p, th, td, a, label, small, dt, dd, .state, h1, h2, h3, button')]
      .filter(each => each.textContent.trim() && each.offsetParent)
      .map(each => {
        const one = light(colour(getComputedStyle(each).color).slice(0, 3));
        const other = light(behind(each).slice(0, 3));
        return (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
      }));
})()
"""


class Site:
    """The answers of status_preview over HTTP, and what was asked."""

    def __init__(self, preview, *options: str) -> None:
        site = self
        self.options = options
        self.is_silent = False
        self.posts: list[tuple[str, str]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                if site.is_silent:
                    return  # the connection ends
                given = preview(self.path, *site.options, *site.request_options(self),
                                method=self.command)
                self.send_response(given.status)
                for name, value in given.fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                self.wfile.write(given.body)

            do_GET = do_POST = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/acme/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def request_options(self, handler: http.server.BaseHTTPRequestHandler) -> list[str]:
        if handler.command == "POST":
            self.posts.append((handler.path, handler.headers.get("Acme-Write", "")))
        return ["--write-header"] if handler.headers.get("Acme-Write") else []

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def site(preview):
    made = Site(preview, "--writable")
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser():
    with chromium.Browser() as made:
        yield made


@pytest.fixture(autouse=True)
def as_usual(browser):
    browser.complaints.clear()
    browser.set_script(True)
    browser.set_window(1280, 900)
    browser.set_scheme("light")


def test_the_page_says_first_what_needs_a_person(browser, site):
    browser.open(site.url)
    text = browser.value("document.body.innerText")
    assert text.index("old.example.net has expired") < text.index("All certificates")
    assert "Let the CAA records of the names allow this CA" in text
    assert browser.value(ROWS) == 12
    assert browser.complaints == [], "the policy lets in all that the page needs"


def test_it_works_without_javascript(browser, site):
    browser.set_script(False)
    browser.open(site.url + "?name=example.net&sort=-name")
    assert browser.value(ROWS) == 4
    assert "stays as it is until you load it again" in browser.value("document.body.innerText")
    assert not browser.value("[...document.querySelectorAll('button[data-post]')]"
                             ".some(each => each.offsetParent)"), "buttons that do nothing"
    browser.value("document.querySelector('thead a').click()")
    browser.wait_for("location.search.includes('sort=name')")
    browser.wait_for(ROWS + " === 4")
    assert browser.value("document.querySelector('[aria-sort]').getAttribute('aria-sort')"
                         ) == "ascending"
    # The details open without a script, too.
    more = "getComputedStyle(document.querySelector('tr.more')).display"
    assert browser.value(more) == "none"
    browser.value("document.querySelector('summary').click()")
    assert browser.value(more) == "table-row"


def test_what_is_typed_is_looked_for(browser, site):
    browser.open(site.url)
    browser.value("document.querySelector('input[type=search]').focus()")
    browser.type("shop")
    browser.wait_for(ROWS + " === 1")
    assert browser.value("location.search") == "?name=shop"
    assert browser.value("document.activeElement.name") == "name"
    assert browser.value("document.querySelector('.found').innerText") == "1 certificate"


def test_it_stays_up_to_date_and_keeps_what_is_open(browser, site):
    browser.open(site.url)
    browser.value("document.querySelector('summary').click()")
    browser.value("document.querySelector('summary').focus()")
    site.options = ("--writable", "--certificates=40")
    # It looks every ten seconds, and when it is seen again.
    browser.value("document.dispatchEvent(new Event('visibilitychange'))")
    browser.wait_for(ROWS + " === 40")
    assert browser.value("document.querySelector('details').open")
    assert browser.value("document.activeElement.tagName") == "SUMMARY"


def test_a_button_gives_a_command_with_the_header_field(browser, site):
    browser.open(site.url + "?name=api.example.net")
    browser.value("document.querySelector('summary').click()")
    browser.value("document.querySelector('button[data-post*=renew]').click()")
    browser.wait_for("document.getElementById('told').innerText !== ''")
    assert site.posts == [
        ("/acme/1/certificates/api.example.net-0000000000000001/renew?force=1", "1")]


def test_a_certificate_is_revoked_for_the_reason_that_was_chosen(browser, site):
    browser.open(site.url + "?name=api.example.net")
    browser.value("document.querySelector('summary').click()")
    browser.value("document.querySelector('.revoke select').value = 'keyCompromise'")
    browser.value("document.querySelector('.revoke button').click()")
    browser.wait_for("document.getElementById('told').innerText !== ''")
    assert site.posts == [("/acme/1/certificates/api.example.net-0000000000000001/"
                           "revoke?reason=keyCompromise", "1")]


def test_it_says_when_nobody_answers_any_more(browser, site):
    browser.open(site.url)
    site.is_silent = True
    browser.value("document.dispatchEvent(new Event('visibilitychange'))")
    browser.wait_for("document.querySelector('.live').innerText.includes('no answer')")


def test_the_keyboard_reaches_everything(browser, site):
    browser.open(site.url)
    browser.press("Tab")
    assert browser.value("document.activeElement.className") == "skip"
    seen = set()
    while True:
        browser.press("Tab")
        where = browser.value("document.activeElement.tagName + ' ' + "
                              "(document.activeElement.name || '')")
        if where == "BODY ":
            break  # once through the page
        seen.add(where)
        outline = browser.value("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"it can be seen that the keyboard is at {where}"
    assert {"INPUT name", "SELECT state", "BUTTON ", "SUMMARY "} <= seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_the_light_and_in_the_dark(browser, site, scheme):
    browser.set_scheme(scheme)
    browser.open(site.url)
    background = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) > 384) == (scheme == "light")
    assert browser.value(CONTRAST) >= 4.5


def test_it_fits_a_telephone(browser, site):
    browser.set_window(360, 740)
    browser.open(site.url)
    assert browser.value("document.documentElement.scrollWidth") <= 360
    assert browser.value("getComputedStyle(document.querySelector('tr.row')).display") == "block"
    assert browser.value("getComputedStyle(document.querySelector('.row td'), '::before')"
                         ".content") == '"State"'


def test_it_shows_ten_thousand_a_hundred_at_a_time(browser, site):
    site.options = ("--certificates=10000",)
    browser.open(site.url + "?page=100")
    assert browser.value(ROWS) == 100
    assert "Page 100 of 100" in browser.value("document.body.innerText")


def test_pictures_can_be_taken(browser, site, pictures):
    """The first is the README's: docs/status-page.png."""
    site.options = ("--certificates=6",)
    for name, scheme, width in (("page", "light", 1180), ("dark", "dark", 1280),
                                ("telephone", "light", 390)):
        browser.set_scheme(scheme)
        browser.set_window(width, 1500)
        browser.open(site.url)
        file = pictures / f"status-{name}.png"
        browser.screenshot(file)
        assert file.read_bytes().startswith(b"\x89PNG") and file.stat().st_size > 50_000
