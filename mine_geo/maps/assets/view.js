// Where the map looks, and which hazard is open: as the address says, and the address as they are.
(function (mineGeo) {
  'use strict';

  const { address, filters } = mineGeo;
  const DECIMALS = 5;
  const NUMBER = /^-?\d{1,3}(\.\d+)?$/;

  function written(map) {
    const { lat, lng } = map.getCenter();
    return [lat, lng].map((degrees) => degrees.toFixed(DECIMALS)).concat(map.getZoom()).join(',');
  }

  // Latitude, longitude, zoom; null where an address says no such place.
  function read(text) {
    const parts = (text || '').split(',');
    const numbers = parts.map(Number);
    const [lat, lon, zoom] = numbers;
    const good = parts.length === 3 && parts.every((part) => NUMBER.test(part))
      && Math.abs(lat) <= 90 && Math.abs(lon) <= 360 && zoom >= 0 && zoom <= 30;
    return good ? [[lat, lon], zoom] : null;
  }

  function look(page) {
    const told = address.recall('at');
    const at = read(told);
    if (at && told !== written(page.map)) {
      page.map.setView(...at, { animate: false });
    }
    return Boolean(at);
  }

  // A hazard that an address names without a place is gone to; else only its popup opens.
  function open(page) {
    const id = address.opened();
    if (id === page.opened) {
      return;
    }
    if (id === null) {
      page.map.closePopup();
    } else {
      const told = address.recall('at');
      page.openHazard(id);
      if (read(told)) {
        page.map.setView(...read(told), { animate: false });
      }
    }
  }

  mineGeo.features.push((page) => {
    let following = false;
    const first = [page.map.getCenter(), page.map.getZoom()];
    const follow = () => {
      following = true;
      page.recalls.forEach((recall) => recall());
      filters.recall(page);
      if (!look(page) && address.opened() === null) {
        page.map.setView(...first, { animate: false });
      }
      open(page);
      following = false;
    };
    look(page);
    open(page);
    page.map.on('moveend', () => {
      if (!following) {
        address.remember({ at: written(page.map) });
      }
    });
    window.addEventListener('hashchange', follow);
  });
}(window.mineGeo));
