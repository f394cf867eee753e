// SPDX-License-Identifier: BSD-2-Clause
// How the page looks: in the light and in the dark, on a desk and on a
// telephone.
#include "acme_core/status/page_face.h"

namespace acme {

const std::string_view kPageStyle = R"css(
:root {
  --paper: #f7f6f3; --card: #fff; --ink: #1f2528; --soft: #5c666b;
  --line: #e2e0da; --accent: #0b6e69; --accent-soft: #e0efed;
  --good: #2c7a4b; --good-soft: #e3f2e8; --busy: #2a64ad; --busy-soft: #e4edf9;
  --wait: #8a5a00; --wait-soft: #fbf0d9; --bad: #b3261e; --bad-soft: #fbe7e5;
  --plain: #59636b; --plain-soft: #eceef0;
  --renewal: #3c8f89; --expiry: #b9c3c7; --unattended: #d0564c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181a; --card: #1c2225; --ink: #e6e9ea; --soft: #9aa5aa;
    --line: #2e363a; --accent: #62c5bd; --accent-soft: #173634;
    --good: #7fcf9d; --good-soft: #19321f; --busy: #8cb8f2;
    --busy-soft: #1a2c45; --wait: #e4b763; --wait-soft: #3a2d12;
    --bad: #f39a92; --bad-soft: #45201d; --plain: #a9b3b9;
    --plain-soft: #283034;
    --renewal: #4fa8a1; --expiry: #49545a; --unattended: #e06f65;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 76rem; padding: 0 1.5rem 4rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
    "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
a { color: var(--accent); text-underline-offset: .18em;
  text-decoration-thickness: .06em; }
:focus-visible { outline: .18rem solid var(--accent); outline-offset: .15rem;
  border-radius: .25rem; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; font-weight: 650; }
h1 { font-size: 1.75rem; letter-spacing: -.02em; }
h2 { font-size: 1.2rem; letter-spacing: -.01em; margin-bottom: .9rem; }
h3 { font-size: 1.02rem; }
h4 { font-size: .9rem; margin: 1rem 0 .3rem; }
p { margin: .35rem 0; }
ul, ol { margin: 0; padding: 0; list-style: none; }
dl { margin: 0; }
dt { color: var(--soft); font-size: .82rem; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: .86em/1.5 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono",
  Menlo, monospace; overflow-wrap: anywhere; }
small { display: block; color: var(--soft); font-size: .82rem;
  font-weight: 400; }
section { margin-top: 2.6rem; scroll-margin-top: 1rem; }
section:focus { outline: none; }
header { display: flex; flex-wrap: wrap; align-items: baseline;
  gap: .2rem 1rem; padding-top: 2.2rem; }
header p { color: var(--soft); margin: 0; }
header .live { margin-left: auto; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -99rem; top: .5rem; padding: .4rem .8rem;
  background: var(--card); border-radius: .4rem; }
.skip:focus { left: 1rem; z-index: 2; }
.aside { color: var(--soft); font-size: .9rem; }
.nothing { color: var(--soft); }
.needs-js { display: none; }
.js .needs-js { display: inline-flex; }

#attention { margin-top: 1.6rem; }
.calm { display: flex; gap: .8rem; align-items: center; margin: 0;
  padding: 1rem 1.2rem; border-radius: .8rem; background: var(--good-soft); }
.calm .sign { flex: none; display: grid; place-items: center; width: 1.8rem;
  height: 1.8rem; border-radius: 50%; background: var(--good);
  color: var(--card); font-weight: 700; }
.matters { display: grid; gap: .8rem; }
.matter { --tone: var(--bad); padding: 1rem 1.2rem; background: var(--card);
  border: 1px solid var(--line); border-left: .3rem solid var(--tone);
  border-radius: .7rem; }
.matter h3 { overflow-wrap: anywhere; }
.matter h3 a { color: inherit; text-decoration-color: var(--line); }
.matter h3 a:hover { text-decoration-color: var(--tone); }
.why { color: var(--soft); overflow-wrap: anywhere; }
.cure { overflow-wrap: anywhere; }
.cure b { font-weight: 600; }
.names { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin-top: .4rem;
  font-size: .92rem; }
.names li { overflow-wrap: anywhere; }

#numbers { margin-top: 1.4rem; }
#numbers ul { display: grid; gap: .7rem;
  grid-template-columns: repeat(auto-fill, minmax(8.2rem, 1fr)); }
#numbers a { display: flex; flex-direction: column; align-items: flex-start;
  gap: .25rem; height: 100%; padding: .8rem 1rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .8rem; color: var(--ink);
  text-decoration: none; }
#numbers a:hover { border-color: var(--accent); }
#numbers a[aria-current] { border-color: var(--accent);
  box-shadow: 0 0 0 1px var(--accent); }
#numbers b { font-size: 1.7rem; line-height: 1.1; font-weight: 600;
  letter-spacing: -.02em; }

.state { --tone: var(--plain); --back: var(--plain-soft);
  display: inline-flex; align-items: center; gap: .38rem;
  padding: .08rem .6rem .08rem .45rem; border-radius: 1rem;
  background: var(--back); color: var(--tone); font-size: .84rem;
  font-weight: 550; white-space: nowrap; }
.state .sign { font-weight: 700; min-width: .8em; text-align: center; }
.is-valid { --tone: var(--good); --back: var(--good-soft); }
.is-renewing { --tone: var(--busy); --back: var(--busy-soft); }
.is-waiting, .is-expiring { --tone: var(--wait); --back: var(--wait-soft); }
.is-failing, .is-expired, .is-fallback { --tone: var(--bad);
  --back: var(--bad-soft); }
.is-static, .is-orphan { --tone: var(--plain); --back: var(--plain-soft); }

.scroll { overflow-x: auto; padding: .6rem 1rem .4rem;
  background: var(--card); border: 1px solid var(--line);
  border-radius: .8rem; }
.scroll > svg { display: block; width: 100%; min-width: 44rem; }
.axis { stroke: var(--soft); stroke-width: 1; }
.grid { stroke: var(--line); stroke-width: 1; }
svg text { fill: var(--soft); font-size: 12px; }
.renewal { fill: var(--renewal); }
.expiry { fill: var(--expiry); }
.unattended { fill: var(--unattended); }
g:hover rect { opacity: .75; }
.keys { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin-top: .6rem;
  color: var(--soft); font-size: .88rem; }
.key { width: .7rem; height: .7rem; margin-right: .45rem; }

form { display: flex; flex-wrap: wrap; gap: .8rem; align-items: flex-end;
  margin-bottom: 1rem; }
label { display: inline-flex; flex-direction: column; gap: .2rem;
  color: var(--soft); font-size: .82rem; }
.search { flex: 1 1 16rem; }
.live label { flex-direction: row; align-items: center; gap: .4rem; }
input, select, button { font: inherit; font-size: .95rem; color: var(--ink);
  min-height: 2.5rem; padding: .35rem .7rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; }
input[type="checkbox"] { min-height: 0; accent-color: var(--accent); }
input[type="search"] { width: 100%; }
button { cursor: pointer; align-items: center; font-weight: 550; }
button[type="submit"] { background: var(--accent); border-color: transparent;
  color: var(--card); }
button:hover, select:hover, input:hover { border-color: var(--accent); }
button[disabled] { opacity: .5; cursor: default; }
.found { color: var(--soft); font-size: .9rem; }

table { width: 100%; border-collapse: separate; border-spacing: 0;
  background: var(--card); border: 1px solid var(--line);
  border-radius: .8rem; overflow: hidden; }
th, td { padding: .7rem .9rem; text-align: left; vertical-align: top; }
thead th { font-size: .82rem; font-weight: 550; color: var(--soft);
  white-space: nowrap; border-bottom: 1px solid var(--line); }
thead a { color: inherit; text-decoration: none; }
thead a:hover { color: var(--accent); text-decoration: underline; }
th[aria-sort] { color: var(--ink); }
th[aria-sort="ascending"] a::after { content: " \2191"; }
th[aria-sort="descending"] a::after { content: " \2193"; }
tbody + tbody > .row > * { border-top: 1px solid var(--line); }
tbody th { font-weight: 600; min-width: 15rem; }
.row > td { font-size: .93rem; }
.row time { white-space: nowrap; }
summary { cursor: pointer; overflow-wrap: anywhere; list-style: none;
  position: relative; padding-left: 1.1rem; }
summary::-webkit-details-marker { display: none; }
summary::before { content: ""; position: absolute; left: .1rem; top: .52em;
  border: .26rem solid transparent; border-left-color: var(--soft);
  border-right-width: 0; }
details[open] summary::before { transform: rotate(90deg); }
th > details + small { padding-left: 1.1rem; }
.error { color: var(--soft); max-width: 22rem; }
.error p { margin: 0; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; }
.life { display: block; width: 100%; min-width: 5rem; height: .25rem;
  margin-top: .35rem; border-radius: .2rem; overflow: hidden; }
.life .whole { fill: var(--line); }
.life .over { fill: var(--renewal); }
.life .due { fill: var(--ink); }
@supports selector(:has(*)) {
  .more { display: none; }
  tbody:has(details[open]) .more { display: table-row; }
  tbody:has(details[open]) { background: color-mix(in srgb,
    var(--accent-soft) 35%, transparent); }
}
.more > td { padding-top: 0; }
.about { padding: 0 0 .8rem 1.1rem; max-width: 62rem; }
.about dl { display: grid; gap: .8rem 1.6rem; margin-top: .8rem;
  grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
.history li { padding: .15rem 0 .15rem .8rem; font-size: .9rem;
  border-left: .15rem solid var(--line); overflow-wrap: anywhere; }
.history .failed { border-color: var(--unattended); }
.history .went-well { border-color: var(--renewal); }
.history time { color: var(--soft); }
.actions { display: flex; flex-wrap: wrap; gap: .6rem 1rem;
  align-items: flex-end; margin-top: 1rem; font-size: .95rem; }
.revoke { gap: .6rem; align-items: flex-end; }
#told:empty { display: none; }
#told { position: sticky; top: .6rem; z-index: 1; margin: 1rem 0 0;
  padding: .7rem 1.1rem; border-radius: .7rem; background: var(--ink);
  color: var(--paper); }
.pager { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem;
  justify-content: center; margin-top: 1rem; }

.cards { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
.card { padding: 1.1rem 1.2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .8rem; }
.card dl { display: grid; gap: .5rem; margin-top: .8rem; font-size: .95rem; }
.card .actions button { font-size: .88rem; min-height: 2.2rem; }
.limits { display: grid; gap: .6rem; margin-top: .8rem; font-size: .88rem; }
.limits li { display: flex; flex-wrap: wrap; justify-content: space-between;
  gap: 0 1rem; }
.limits span + span { color: var(--soft); }
.facts { display: grid; gap: .8rem 1.6rem;
  grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
footer { margin-top: 3rem; padding-top: 1.2rem;
  border-top: 1px solid var(--line); font-size: .92rem; }
footer a { margin-right: 1.2rem; }

@media (max-width: 52rem) {
  body { padding: 0 1rem 3rem; }
  header { padding-top: 1.4rem; }
  #numbers ul { grid-template-columns: repeat(auto-fill, minmax(7.4rem, 1fr)); }
  #numbers a { padding: .6rem .7rem; }
  form label { flex: 1 1 9rem; }
  .search { flex-basis: 100%; }
  table, tbody, tr, th, td { display: block; }
  table { background: none; border: 0; border-radius: 0; overflow: visible; }
  thead th { border: 0; padding: .2rem 0; }
  thead tr { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem;
    margin-bottom: .6rem; }
  thead th:last-child { display: none; }
  tbody { margin-bottom: .8rem; padding: .9rem 1rem; background: var(--card);
    border: 1px solid var(--line); border-radius: .8rem; }
  tbody + tbody > .row > * { border-top: 0; }
  tbody th, .row > td { padding: .15rem 0; min-width: 0; max-width: none; }
  .row > td[data-title] { display: grid; gap: 0 .8rem;
    grid-template-columns: 5.5rem 1fr; }
  .row > td[data-title]::before { content: attr(data-title);
    color: var(--soft); font-size: .84rem; }
  .row > td[data-title] > * { grid-column: 2; min-width: 0; }
  .row > td.error:empty { display: none; }
  .more > td { padding: .6rem 0 0; }
  .about { padding: 0; }
  @supports selector(:has(*)) {
    tbody:has(details[open]) .more { display: block; }
  }
}
@media print {
  form, .pager, .actions, .live, footer { display: none; }
}
@media (prefers-reduced-motion: no-preference) {
  summary::before { transition: transform .12s; }
}
)css";

}  // namespace acme
