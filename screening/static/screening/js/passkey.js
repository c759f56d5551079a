// Asks the browser for a passkey and sends what it answers. Without scripts, codes and the password still work.
"use strict";

const options = async (form) => {
  if (form.hasAttribute("data-passkey-fetches")) {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return (await answer.json()).request_options;
  }
  const given = JSON.parse(document.getElementById("passkey-options").textContent);
  return given.creation_options ?? given.request_options;
};

const made = async (form) => {
  const wanted = await options(form);
  const alone = form.elements.passwordless?.checked ?? false;
  const selection = (wanted.publicKey.authenticatorSelection ??= {});
  selection.residentKey = alone ? "required" : "discouraged";
  selection.requireResidentKey = alone;
  if (alone) selection.userVerification = "required";
  return webauthnJSON.create(wanted);
};

const used = async (form) => webauthnJSON.get(await options(form));

if (webauthnJSON.supported()) {
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const told = form.querySelector("[data-passkey-told]");
      told.textContent = "";
      try {
        const answer = await (form.dataset.passkey === "add" ? made(form) : used(form));
        form.elements.credential.value = JSON.stringify(answer);
        form.submit();
      } catch {
        told.textContent = "No passkey was given. Try again, or go on another way.";
      }
    });
  }
  for (const note of document.querySelectorAll("[data-without-passkeys]")) note.hidden = true;
}
