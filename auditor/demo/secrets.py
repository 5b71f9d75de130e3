"""Fake secrets planted in the demo account, in one list: a leak test looks for each of them."""

# Built from parts, so that no scanner of repositories takes them for real ones. None has ever been valid.
PLANTED = {
    "stripe": "sk_" + "live_" + "51DemoWebshop" + "Qx7Rz2Lm9Kp4Tn8Vb3Wc6Yd",
    "db_password": "Kastanien" + "-Wald-" + "9271!",
    "db_url_password": "m8Qz" + "Lw3x" + "Rt6v",
    "aws_key_id": "AKIA" + "Q3DEMOX7" + "TLMZ5N2P",
    "aws_secret_key": "hT9vLq2Rw8" + "Zc4Nb6Xk1M" + "p7Yd3Fs5Jg" + "0Ae8Uo2Hi4",
    "sendgrid": "SG." + "demoWebshopMail1234567" + "." + "k3Jx9Qm2Lw8Rz5Tn7Vb4Yc6Pd1Fs0Ga3He9Ui2Ko5Mq",
    "slack_webhook": "https://hooks.slack.com/services/T0DEMOSHOP/B0DEMOHOOK/x9Kq3Lm7Rz2Tn8Vb4Wc6Yd1P",
    "github": "ghp" + "_" + "d3m0W3bsh0pQx7Rz2Lm9Kp4Tn8Vb3Wc6Yd1",
    "jwt_signing": "f4b81c" + "9e2d7a" + "60b35c" + "18e94f" + "d27a0b" + "6c5391",
    "partner_token": "ptk." + "8842" + "zvQ7" + "mNx2" + "Lr9T" + "kd0W" + "sE5b",
    "old_password": "Sommer" + "regen" + "2019#",
    "config_password": "Fjord" + "lachs" + "-77-" + "Anker",
    "layer_key": "AIza" + "SyDemoWebshop" + "Qx7Rz2Lm9Kp4Tn8Vb3Wc6Y",
    "tag_token": "tok" + "_" + "77aQ" + "x81L" + "mz04" + "Rt5V",
    "description_password": "Herbst" + "laub" + "-4410",
    "pager_token": "pg" + "81Kx" + "Qm37" + "Zt90" + "Lv26" + "Hn58",
    "alias_password": "Winter" + "apfel" + "-6120",
    "version_password": "Nuss" + "baum" + "-3391",
    "grant_token": "npm" + "_" + "d3m0W3bsh0pLv7Rz2Km9Kp4Tn8Vb3Wc6YdQ9",
    "exception_password": "Hasel" + "strauch" + "-5583",
    "raised_password": "Moos" + "bett" + "-2746!",
    "pem_body": "MIIEvDemoWebshopKey" + "9fK2" + "Lq7x" + "Rz3m" + "Tn8v" + "Bc4w" + "Yd6p",
    "packed_token": "eyJwYXJ0bmVyX3Rva2VuIjogInRvay0xOFpyNHFN"
    "eDkyTHY3MFRuIiwgImhvc3QiOiAic29hcC5wYXJ0bmVyLmV4YW1wbGUifQ==",
    "log_token": "bearer" + "-" + "Zx81" + "Mq70" + "Lp55" + "Tn23" + "Wv96",
}

DEMO_SECRETS: tuple[str, ...] = tuple(PLANTED.values())
"""Every planted value: whichever of them shows up in an output, log, exception or snapshot is a leak."""
