// Shows the documents of /openapi/, one at a time. No outside host is asked for anything: validatorUrl would be one.
window.ui = SwaggerUIBundle({
    urls: [
        { name: "Curfew's own", url: "/openapi/native.json" },
        { name: "DHCP Shield", url: "/openapi/dhcp-shield.json" },
        { name: "Dreadnode", url: "/openapi/dreadnode.json" },
        { name: "Devin", url: "/openapi/devin.json" },
        { name: "Truthlocks", url: "/openapi/truthlocks.json" },
        { name: "Luxxon", url: "/openapi/luxxon.json" },
    ],
    dom_id: "#viewer",
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
});
