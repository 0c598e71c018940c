// Opens the API's description in Swagger UI; the address comes from the page.

const place = document.getElementById("api");
window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
