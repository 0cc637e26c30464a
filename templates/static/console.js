// What HTML alone cannot do for the console: quiet refreshes, drafts that survive, keys, and saying when the line is cut.
(function () {
  "use strict";
  var doc = document;
  var shown = {};

  // A page that refreshes itself tells what it shows, so that the server can answer "nothing new".
  doc.addEventListener("htmx:configRequest", function (event) {
    var mark = shown[event.detail.elt.id];
    if (mark && event.detail.verb === "get") event.detail.headers["X-Shown"] = mark;
  });
  doc.addEventListener("htmx:beforeSwap", function (event) {
    var target = event.detail.target;
    var mark = event.detail.xhr.getResponseHeader("X-Shown");
    if (event.detail.xhr.status < 400) {
      if (mark) shown[target.id] = mark;
      else delete shown[target.id];
    }
  });

  // The line is cut: what stands on the screen grows old, so say it.
  function offline(is) {
    var bar = doc.getElementById("offline");
    if (bar) bar.hidden = !is;
  }
  doc.addEventListener("htmx:sendError", function () { offline(true); });
  doc.addEventListener("htmx:timeout", function () { offline(true); });
  doc.addEventListener("htmx:afterRequest", function (event) {
    var detail = event.detail;
    if (detail.xhr && detail.xhr.status > 0) offline(false);
    if (!detail.successful) return;
    if (detail.requestConfig && detail.requestConfig.verb === "post") {
      var flash = doc.getElementById("flash");
      if (flash && detail.target !== flash) flash.textContent = "";
    }
    if (detail.elt.matches && detail.elt.matches("form[data-clear]")) {
      detail.elt.reset();
      detail.elt.querySelectorAll("textarea").forEach(function (box) { forget(box); count(box); });
      var details = detail.elt.closest("details");
      if (details) details.open = false;
    }
  });

  // Somebody was quicker: what stands on the screen is no longer so.
  doc.addEventListener("htmx:responseError", function (event) {
    var live = doc.getElementById("live");
    if (event.detail.xhr.status !== 409 || !live) return;
    delete shown.live;
    window.htmx.ajax("GET", live.getAttribute("hx-get"), { source: live, target: live });
  });

  // Drafts stay in this tab until they are sent; signing out wipes them.
  function slot(box) { return "draft:" + location.pathname + ":" + box.id; }
  function forget(box) { sessionStorage.removeItem(slot(box)); }
  function count(box) {
    var place = doc.getElementById(box.id + "-count");
    if (place) place.textContent = box.value.length ? box.value.length + " / " + box.maxLength + " 字" : "";
  }
  doc.querySelectorAll("textarea[id]").forEach(function (box) {
    var kept = sessionStorage.getItem(slot(box));
    if (kept && !box.value) {
      box.value = kept;
      var details = box.closest("details");
      if (details) details.open = true;
    }
    count(box);
  });
  doc.addEventListener("input", function (event) {
    var box = event.target;
    if (box.tagName !== "TEXTAREA" || !box.id) return;
    if (box.value) sessionStorage.setItem(slot(box), box.value);
    else forget(box);
    count(box);
  });
  doc.addEventListener("submit", function (event) {
    if (event.target.id === "sign-out") sessionStorage.clear();
  });
  doc.addEventListener("change", function (event) {
    if (event.target.matches("select[data-go]")) event.target.form.submit();
  });

  doc.addEventListener("click", function (event) {
    if (event.target.matches("[data-print]")) window.print();
  });

  // The newest words stay in sight, unless somebody reads further up.
  var low = true;
  function talk() { return doc.getElementById("talk"); }
  function down() { if (talk() && low) talk().scrollTop = talk().scrollHeight; }
  doc.addEventListener("scroll", function (event) {
    if (event.target.id === "talk") low = event.target.scrollHeight - event.target.scrollTop - event.target.clientHeight < 40;
  }, true);
  var kept = 0;
  doc.addEventListener("htmx:beforeSwap", function () { kept = talk() ? talk().scrollTop : 0; });
  doc.addEventListener("htmx:afterSwap", function () { if (talk() && !low) talk().scrollTop = kept; down(); });
  doc.addEventListener("toggle", down, true);  // what unfolds below takes room from the talk
  down();

  // Keys: Ctrl+Enter sends; j and k walk the list; / looks for a patient.
  doc.addEventListener("keydown", function (event) {
    var box = event.target;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && box.tagName === "TEXTAREA" && !event.isComposing) {
      event.preventDefault();
      box.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(box.tagName)) return;
    if (event.key === "j" || event.key === "k") {
      var rows = Array.prototype.slice.call(doc.querySelectorAll("a.row"));
      var at = rows.indexOf(doc.activeElement) + (event.key === "j" ? 1 : -1);
      if (rows.length) rows[Math.max(0, Math.min(rows.length - 1, at))].focus();
    } else if (event.key === "/") {
      var find = doc.getElementById("find");
      event.preventDefault();
      if (find) find.focus();
      else location.href = "/console/patients";
    } else if (event.key === "r" && doc.getElementById("reply")) {
      event.preventDefault();
      doc.getElementById("reply").focus();
    }
  });
})();
