// SPDX-License-Identifier: BSD-2-Clause
// What the page does where there is JavaScript: it looks for what is typed, it
// stays up to date, and it gives commands. It fetches the page itself, so that
// there is one place where anything is put into HTML, and that one escapes.
#include "acme_core/status/page_face.h"

namespace acme {

const std::string_view kPageScript = R"js(
'use strict';
(() => {
  const parts = ['attention', 'numbers', 'timeline', 'results', 'issuers',
                 'process'];
  const form = document.querySelector('form');
  const live = document.getElementById('live');
  const lost = document.getElementById('lost');
  const told = document.getElementById('told');
  const seconds = 10;
  let asked = 0;
  let running = null;
  document.documentElement.classList.add('js');

  const opened = () => [...document.querySelectorAll('details[open]')]
      .map(each => each.closest('tbody').id);

  // Where the keyboard is, so that it is there again afterwards.
  const place = () => {
    const body = document.activeElement.closest('tbody, #issuers .card');
    if (!body) return null;
    const all = [...body.querySelectorAll('summary, a, button, select')];
    return {id: body.id, index: all.indexOf(document.activeElement)};
  };

  const back = where => {
    const body = where && where.id && document.getElementById(where.id);
    const all = body ? body.querySelectorAll('summary, a, button, select') : [];
    if (all[where && where.index]) all[where.index].focus();
  };

  const take = text => {
    const page = new DOMParser().parseFromString(text, 'text/html');
    const open = opened();
    const where = place();
    for (const id of parts) {
      const theirs = page.getElementById(id);
      const mine = document.getElementById(id);
      if (theirs && mine && theirs.innerHTML !== mine.innerHTML) {
        mine.replaceWith(document.importNode(theirs, true));
      }
    }
    for (const id of open) {
      const details = document.getElementById(id)?.querySelector('details');
      if (details) details.open = true;
    }
    if (where && document.activeElement === document.body) back(where);
  };

  const refresh = async () => {
    const mine = ++asked;
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(location.href, {
        signal: running.signal, headers: {'Accept': 'text/html'}});
      const text = await answer.text();
      if (answer.ok && mine === asked) take(text);
      lost.textContent = answer.ok ? '' : ' (no answer: ' + answer.status + ')';
    } catch (error) {
      if (error.name !== 'AbortError') lost.textContent = ' (no answer)';
    }
  };

  const address = () => {
    const query = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...query]) if (!value) query.delete(name);
    const text = query.toString();
    return form.action.split(/[?#]/)[0] + (text && '?' + text);
  };

  let typing = 0;
  form.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      history.replaceState(null, '', address());
      refresh();
    }, 150);
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    history.replaceState(null, '', address());
    refresh();
  });

  // While something is being chosen in a row, the row stays.
  const busy = () => document.activeElement.matches('#results select') ||
      !getSelection().isCollapsed;
  setInterval(() => {
    if (live.checked && !document.hidden && !busy()) refresh();
  }, seconds * 1000);
  document.addEventListener('visibilitychange', () => {
    if (live.checked && !document.hidden) refresh();
  });

  const say = words => { told.textContent = words; };
  const words = state => state.text || state.detail ||
      `${state.verb}: ${state.state}`;

  const follow = async url => {
    for (;;) {
      const answer = await fetch(url, {cache: 'no-store'});
      const state = await answer.json();
      say(words(state));
      if (!answer.ok || state.state === 'done' || state.state === 'failed') {
        return;
      }
      await new Promise(done => setTimeout(done, 1000));
    }
  };

  const command = async button => {
    let url = button.dataset.post;
    const name = button.dataset.confirm;
    const question = button.dataset.ask;
    if (name) {
      if (prompt(question) !== name) return;
      url += '?confirm=' + encodeURIComponent(name);
    } else if (question && !confirm(question)) {
      return;
    }
    const reason = button.closest('.revoke')?.querySelector('select');
    if (reason) url += encodeURIComponent(reason.value);
    button.disabled = true;
    try {
      const answer = await fetch(url, {
        method: 'POST', headers: {'Acme-Write': '1'}});
      say(words(await answer.json()));
      const more = answer.headers.get('Location');
      if (answer.status === 202 && more) await follow(more);
    } catch (error) {
      say('The command did not get through: ' + error.message);
    }
    button.disabled = false;
    refresh();
  };

  document.addEventListener('click', event => {
    const button = event.target.closest('button[data-post]');
    if (button) command(button);
  });
})();
)js";

}  // namespace acme
