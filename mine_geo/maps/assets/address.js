// What stands in the hash of the page: parts like `capacity=4000`, which a bookmark keeps.
(function (mineGeo) {
  'use strict';

  let waiting = null;

  function parts() {
    return window.location.hash.slice(1).split('&').filter(Boolean);
  }

  // The text of a key, null where there is none.
  function recall(key) {
    const found = parts().find((part) => part.startsWith(`${key}=`));
    return found === undefined ? null : found.slice(key.length + 1);
  }

  // Written once for all that one act changes: browsers refuse an address that changes too often.
  function write() {
    const values = waiting;
    waiting = null;
    const others = parts().filter((part) => !(part.split('=')[0] in values));
    const ours = Object.entries(values)
      .filter(([, value]) => value !== '').map(([key, value]) => `${key}=${value}`);
    const hash = [...others, ...ours].join('&');
    if (hash !== window.location.hash.slice(1)) {
      try {
        window.history.replaceState(window.history.state, '', `#${hash}`);
      } catch {
        // A page inside another one has no address of its own.
      }
    }
  }

  // What else stands in the hash stays; an empty text leaves its key out.
  function remember(values) {
    if (!waiting) {
      queueMicrotask(write);
    }
    waiting = { ...waiting, ...values };
  }

  // Texts in one part of the hash, whatever they hold.
  function listed(texts) {
    return texts.map(encodeURIComponent).join(',');
  }

  // Null where it is no such list: anybody may write an address.
  function unlisted(text) {
    try {
      return text.split(',').map(decodeURIComponent);
    } catch {
      return null;
    }
  }

  mineGeo.address = {
    parts, recall, remember, listed, unlisted,
  };
}(window.mineGeo));
