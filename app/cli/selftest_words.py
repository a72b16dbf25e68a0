"""What the steps of a self-test are called, and what to do about each that failed. French, then English."""

TITLES = {
    "dashboard": ("le secret lu chez Stripe", "the secret read at Stripe"),
    "endpoint": ("le point d'entrée chez Stripe", "the endpoint at Stripe"),
    "last_news": ("le dernier événement de Stripe", "Stripe's last event"),
    "processes": ("chaque processus web a lu les réglages", "every web process has read the settings"),
    "accepted": ("un événement signé est accepté et noté au registre", "a signed event is accepted and in the ledger"),
    "duplicate": ("le même, une seconde fois, ne compte pas deux fois", "the same again does not count twice"),
    "previous": ("le secret précédent est encore accepté", "the previous secret is still accepted"),
    "altered": ("un octet changé est refusé", "one byte changed is refused"),
    "unsigned": ("sans signature, refusé", "without a signature it is refused"),
    "old": ("une signature trop ancienne est refusée", "a signature too old is refused"),
    "sender": ("l'expéditeur chez Brevo", "the sender at Brevo"),
    "sent": ("Brevo accepte l'essai", "Brevo takes the test"),
    "told": ("Brevo dit ce que l'essai est devenu", "Brevo tells what became of the test"),
}

MARKS = {"ok": ("ok", "ok"), "failed": ("ÉCHEC", "FAILED"), "unproven": ("non montré", "not shown")}

WEBHOOK_ADVICE = {
    "certificate": (
        "le certificat ne vaut pas pour cette adresse : comptoir audit (lignes tls), puis make deploy",
        "the certificate is not valid for this address: comptoir audit (tls lines), then make deploy",
    ),
    "front_away": (
        "la boutique répond, son adresse publique non : systemctl status nginx, puis le DNS et le pare-feu",
        "the shop answers, its public address does not: systemctl status nginx, then DNS and firewall",
    ),
    "web_away": (
        "le processus web ne répond pas : lire /var/log/comptoir/web-0.log, puis comptoir release restart",
        "the web process does not answer: read /var/log/comptoir/web-0.log, then comptoir release restart",
    ),
    "body_altered": (
        "accepté derrière nginx, refusé devant : un mandataire (CDN, filtre) change le corps ; le retirer",
        "taken behind nginx, refused before it: a proxy (CDN, filter) changes the body; take it out",
    ),
    "secret_differs": (
        "les processus web ont un autre secret que les réglages : comptoir release restart",
        "the web processes have another secret than the settings: comptoir release restart",
    ),
    "settings_not_read": (
        "les réglages ont changé depuis le départ de ces processus : comptoir release restart",
        "the settings changed since these processes started: comptoir release restart",
    ),
    "rate_limited": (
        "la limite du webhook est atteinte : recommencer dans une minute (RATE_LIMIT_WEBHOOK_MAX)",
        "the webhook's limit is reached: again in a minute (RATE_LIMIT_WEBHOOK_MAX)",
    ),
    "server_error": (
        "la boutique est en panne : /health/ready nomme ce qui manque",
        "the shop is broken: /health/ready names what is missing",
    ),
    "another_server": (
        "un autre programme répond à PUBLIC_URL : corriger PUBLIC_URL ou le DNS",
        "another program answers at PUBLIC_URL: correct PUBLIC_URL or DNS",
    ),
    "not_in_ledger": (
        "200, mais rien au registre d'ici : PUBLIC_URL mène à une autre boutique ; corriger PUBLIC_URL ou le DNS",
        "200, and nothing in this ledger: PUBLIC_URL leads to another shop; correct PUBLIC_URL or DNS",
    ),
    "not_once": (
        "l'événement a compté deux fois : ne rien corriger à la main, comptoir events show avec son identifiant",
        "the event counted twice: correct nothing by hand, comptoir events show with its id",
    ),
    "forgery_taken": (
        "un faux événement est accepté : comptoir checkout close, puis revenir à la version précédente (make rollback)",
        "a forged event is taken: comptoir checkout close, then go back to the release before (make rollback)",
    ),
    "unexpected": (
        "réponse inattendue ; relancer, puis lire /var/log/comptoir/web-0.log",
        "an unexpected answer; again, then read /var/log/comptoir/web-0.log",
    ),
    "stripe_unanswered": (
        "Stripe n'a pas répondu, ou refuse STRIPE_SECRET_KEY ; relancer dans un instant",
        "Stripe did not answer, or refuses STRIPE_SECRET_KEY; again shortly",
    ),
    "endpoint_differs": (
        "comptoir events endpoint --sync",
        "comptoir events endpoint --sync",
    ),
    "news_lost": (
        "Stripe l'a créé, rien n'est arrivé : comptoir events reconcile, puis comptoir selftest payment --compare",
        "Stripe made it, nothing came: comptoir events reconcile, then comptoir selftest payment --compare",
    ),
    "news_fetched": (
        "il a fallu aller le chercher : si Stripe n'arrive pas à le livrer, comptoir selftest payment --compare",
        "it had to be fetched: if Stripe cannot deliver it, comptoir selftest payment --compare",
    ),
    "nothing_told": (
        "Stripe n'a encore rien dit à cette boutique : après le premier paiement, relancer",
        "Stripe has told this shop nothing as yet: again after the first payment",
    ),
    "dashboard_differs": (
        "ce n'est pas le secret des réglages : le mettre dans STRIPE_WEBHOOK_SECRET, puis comptoir release restart",
        "this is not the secret of the settings: put it into STRIPE_WEBHOOK_SECRET, then comptoir release restart",
    ),
    "dashboard_previous": (
        "c'est l'ancien secret des réglages : le remettre dans STRIPE_WEBHOOK_SECRET, puis comptoir release restart",
        "this is the settings' previous secret: put it back into STRIPE_WEBHOOK_SECRET, then comptoir release restart",
    ),
}

TOLD_ADVICE = {
    "webhook_silent": (
        "Brevo n'a rien dit : comptoir setup refait son webhook ; /brevo/webhook doit répondre de l'extérieur",
        "Brevo told nothing: comptoir setup makes its webhook anew; /brevo/webhook must answer from outside",
    ),
    "on_its_way": (
        "pris en charge, pas encore remis : comptoir mail list dans quelques minutes",
        "being delivered: comptoir mail list in some minutes",
    ),
    "not_delivered": (
        "l'essai n'est pas arrivé : vérifier l'adresse, puis SPF, DKIM et DMARC chez Brevo (Senders & domains)",
        "the test did not arrive: check the address, then SPF, DKIM and DMARC at Brevo (Senders & domains)",
    ),
}
