// What stands in the hash of the page, which a bookmark keeps and a link shares: parts like
// `capacity=4000`, the language, and the id of the hazard that is open. To open a hazard is a step
// that the browser's way back undoes; all else belongs to the step.
(function (mineGeo) {
  'use strict';

  const { words } = mineGeo;
  let waiting = null;

  function parts() {
    return window.location.hash.slice(1).split('&').filter(Boolean);
  }

  // The text of a key, null where there is none.
  function recall(key) {
    const found = parts().find((part) => part.startsWith(`${key}=`));
    return found === undefined ? null : found.slice(key.length + 1);
  }

  function put(how, found) {
    const hash = found.join('&');
    if (hash !== window.location.hash.slice(1)) {
      try {
        window.history[how](null, '', `#${hash}`);
      } catch {
        // A page inside another one has no address of its own.
      }
    }
  }

  // Written once for all that one act changes: browsers refuse an address that changes too often.
  function write() {
    const values = waiting || {};
    waiting = null;
    const others = parts().filter((part) => !(part.split('=')[0] in values));
    const ours = Object.entries(values)
      .filter(([, value]) => value !== '').map(([key, value]) => `${key}=${value}`);
    put('replaceState', [...others, ...ours]);
  }

  // What else stands in the hash stays; an empty text leaves its key out.
  function remember(values) {
    if (!waiting) {
      queueMicrotask(write);
    }
    waiting = { ...waiting, ...values };
  }

  // Half a letter, which no address can hold, is left out.
  function encoded(text) {
    try {
      return encodeURIComponent(text);
    } catch {
      return encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ''));
    }
  }

  // Null where it is no such text: anybody may write an address.
  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return null;
    }
  }

  // Texts in one part of the hash, whatever they hold.
  function listed(texts) {
    return texts.map(encoded).join(',');
  }

  function unlisted(text) {
    const found = text.split(',').map(decoded);
    return found.includes(null) ? null : found;
  }

  // The id of a hazard stands without a name, right after the `#`; one that is the name of a language
  // with one.
  function saysHazard(part) {
    return part.startsWith('hazard=')
      || (!part.includes('=') && !words.LANGUAGES.includes(part));
  }

  function opened() {
    const found = parts().find(saysHazard);
    return found === undefined ? null : decoded(found.replace(/^hazard=/, ''));
  }

  function withHazard(how, ours) {
    write();
    put(how, [...parts().filter((part) => !saysHazard(part)), ...ours]);
  }

  function open(id) {
    if (opened() !== id) {
      withHazard('pushState', [words.LANGUAGES.includes(id) ? `hazard=${id}` : encoded(id)]);
    }
  }

  function close() {
    if (opened() !== null) {
      withHazard('replaceState', []);
    }
  }

  mineGeo.address = {
    recall, remember, listed, unlisted, opened, open, close,
  };
}(window.mineGeo));
