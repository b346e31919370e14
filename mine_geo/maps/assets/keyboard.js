// The map by keyboard: Leaflet moves and zooms it, Enter opens what lies under the cross in its
// middle, and what looks like a button also answers to the space bar. A line says how.
(function (mineGeo) {
  'use strict';

  const { element } = mineGeo.format;
  const { words } = mineGeo;

  function sayHow(container) {
    const how = words.put(element('p', 'mg-how'), words.say('keyboard.how'));
    how.id = 'mg-how';
    container.append(how, element('span', 'mg-cross'));
    container.setAttribute('aria-describedby', how.id);
  }

  // The same click that a mouse would make in the middle of the map.
  function clickMiddle(page) {
    const container = page.map.getContainer();
    const box = container.getBoundingClientRect();
    const at = {
      clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true,
    };
    const drawing = !page.drawing && container.querySelector('.leaflet-overlay-pane canvas');
    page.byKeyboard = true;
    (drawing || container).dispatchEvent(new MouseEvent('click', at));
    page.byKeyboard = false;
  }

  mineGeo.features.push((page) => {
    const container = page.map.getContainer();
    sayHow(container);
    container.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && event.target === container) {
        event.preventDefault();
        clickMiddle(page);
      } else if (event.key === ' ' && event.target.matches('a[role="button"]')) {
        event.preventDefault();
        event.target.click();
      }
    });
  });
}(window.mineGeo));
