// The map keeps its size in pixels while the page is printed, made smaller or larger as a whole:
// laid out anew it would lose what it has drawn. All that is folded away is printed too.
(function (mineGeo) {
  'use strict';

  const PAPER_PX = { width: 715, height: 640 };

  function opened(details) {
    const closed = details.filter((one) => !one.open);
    closed.forEach((one) => {
      one.open = true;
    });
    return closed;
  }

  mineGeo.features.push(({ map }) => {
    const canvas = map.getContainer();
    let closed = [];
    window.addEventListener('beforeprint', () => {
      const { x, y } = map.getSize();
      canvas.style.width = `${x}px`;
      canvas.style.height = `${y}px`;
      canvas.style.setProperty('--print-zoom', Math.min(PAPER_PX.width / x, PAPER_PX.height / y));
      closed = opened([...document.querySelectorAll('details')]);
    });
    window.addEventListener('afterprint', () => {
      canvas.style.width = '';
      canvas.style.height = '';
      closed.forEach((one) => {
        one.open = false;
      });
    });
  });
}(window.mineGeo));
