// Opens the API's description in ReDoc; the address comes from the page.

const place = document.getElementById("api");
window.Redoc.init(place.dataset.description, { disableSearch: true, nativeScrollbars: true }, place);
