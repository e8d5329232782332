"""Settings, read from the environment. No secret has a default outside demo mode.

Each variable is described in README.md; a missing production value stops the
start and says its name.
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
# `make run` keeps its own variables here, so that manage.py works in the same clone; a variable
# of the real environment wins.
if (VAR_DIR / "env").exists():
    environ.Env.read_env(VAR_DIR / "env")
VAR_DIR.mkdir(parents=True, exist_ok=True)
DEBUG = env.bool("DEBUG", default=False)
DEMO_MODE = env.bool("DEMO_MODE", default=False)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="giamngheo-2024")
HTTPS = env.bool("HTTPS", default=not DEMO_MODE)
if DEMO_MODE and HTTPS:
    raise ImproperlyConfigured(
        "DEMO_MODE không dùng cùng HTTPS=1: chế độ trình diễn có mật khẩu công khai, "
        "chỉ chạy trên máy thử. Bỏ một trong hai biến."
    )

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "Thiếu biến môi trường SECRET_KEY (chuỗi ngẫu nhiên từ 50 ký tự, giữ kín)."
    )
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "communes",
    "indicators",
    "plans",
    "reports",
    "povertyplan.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "simple_history",
    "django_celery_results",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "povertyplan.middleware.utf8_only",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "povertyplan.middleware.chosen_language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "povertyplan.middleware.PolicyMiddleware",
    "povertyplan.middleware.private_pages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "povertyplan.urls"
WSGI_APPLICATION = "povertyplan.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reports.context.page_frame",
            ],
            "builtins": ["reports.templatetags.official"],
        },
    }
]

# -- database: SQLite embedded, PostgreSQL when DATABASE_URL names one ----------
DATABASES = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'povertyplan.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers go on while one writes; IMMEDIATE takes the write lock at
    # BEGIN, so two writers queue instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A machine that has gone is noticed in a minute, not in the two hours of the system's default.
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        connect_timeout=5, keepalives_idle=30, keepalives_interval=10, keepalives_count=3
    )

# -- jobs: Celery when a broker is named, else in the process after commit ------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or "memory://localhost"
CELERY_TASK_ALWAYS_EAGER = CELERY_BROKER_URL.startswith("memory:")
CELERY_TASK_EAGER_PROPAGATES = False
# Each kind of work has a queue, so that a long annex holds up no sum; a worker takes the queues
# that its `-Q` names, or all. After a kind's seconds its task is asked to stop, after the grace it
# is stopped, whichever worker has it.
TASK_SECONDS = {
    "rollups": env.int("ROLLUPS_SECONDS", default=600),
    "annexes": env.int("ANNEXES_SECONDS", default=900),
    "notices": 60,
}
TASK_GRACE_SECONDS = 60
CELERY_TASK_ROUTES = {
    "indicators.*": {"queue": "rollups"},
    "reports.annexes.*": {"queue": "annexes"},
    "reports.notices.*": {"queue": "notices"},
}
# What has no kind (Celery's own clean-up) goes where there is always a worker.
CELERY_TASK_DEFAULT_QUEUE = "rollups"
# An exchange each: queues that share one would all be sent every message.
CELERY_TASK_QUEUES = [Queue(kind, Exchange(kind), routing_key=kind) for kind in TASK_SECONDS]
CELERY_TASK_CREATE_MISSING_QUEUES = False  # a queue misspelt in `-Q` stops the worker's start
CELERY_TASK_ANNOTATIONS = ["povertyplan.celery.TimeLimits"]
# A message leaves the broker when its task has ended. One whose process died is sent again three
# times, then it counts as failed: a task that kills its process must not do so for ever.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Memory that a task leaves behind goes back: a process is replaced after so many tasks, or
# once it has grown beyond so many kB.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("WORKER_MEMORY_KB", default=600_000)
# Celery would open a connection to the database for every task: half the time of a short one.
# Kept open, and looked after by povertyplan.celery.
CELERY_DB_REUSE_MAX = 1_000_000_000
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page must not hang on a broker that is away (2 + 4 s of retries by default): the queue table
# keeps the work.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "max_retries": 0,
    # What a worker that was cut off had taken is given out again after so many seconds; a task
    # still at work by then would run twice.
    "visibility_timeout": 2 * (max(TASK_SECONDS.values()) + TASK_GRACE_SECONDS),
}
CELERY_TASK_PUBLISH_RETRY = False
# Only failures are kept, with name and arguments, for the operations page.
CELERY_RESULT_BACKEND = "povertyplan.lib.failures:FailureStore"  # django-celery-results
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = True
CELERY_RESULT_EXTENDED = True
CELERY_RESULT_EXPIRES = 30 * 24 * 3600
# What the beat has sent while no worker was there is of no use once the next has been sent.
CELERY_BEAT_SCHEDULE = {
    "sweep-recompute-queue": {
        "task": "indicators.sweep_recompute_queue",
        "schedule": 60.0,
        "options": {"expires": 300},
    },
    "audit-rollups": {
        "task": "indicators.audit_rollups",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "tend-annex-batches": {
        "task": "reports.annexes.tend_batches",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "send-letters": {
        "task": "reports.notices.send_letters",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    # More than once a day: what a standstill in the morning missed is told at noon.
    "tell-calendar": {
        "task": "reports.notices.tell_calendar",
        "schedule": crontab(minute=30, hour="6-18/4"),
        "options": {"expires": 3600},
    },
    "tell-verdicts": {
        "task": "reports.notices.tell_verdicts",
        "schedule": crontab(minute=40, hour="5,12,18"),
        "options": {"expires": 3600},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# -- people and sessions ---------------------------------------------------------
AUTH_USER_MODEL = "communes.Official"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
# Lock the pair (account, address): a stranger cannot lock an officer out from elsewhere.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "communes/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False

# -- transport and content security ----------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", default=HTTPS)
# The compose file's health check speaks plain HTTP inside the network.
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
AXES_CLIENT_IP_CALLABLE = "povertyplan.middleware.visitor_address"
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# -- language, numbers, files ------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
FORMAT_MODULE_PATH = ["povertyplan.formats"]  # numbers are Vietnamese in every language
TIME_ZONE = CELERY_TIMEZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [("", str(BASE_DIR / "static" / "public"))]
if (BASE_DIR / "build" / "assets").exists():
    STATICFILES_DIRS.append(("", str(BASE_DIR / "build" / "assets")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or env.bool("PLAIN_STATIC", default=False)
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "files"
# A file larger than this is not kept, whatever page it is sent to.
UPLOAD_MAX_BYTES = 10 * 1024**2
FILE_UPLOAD_HANDLERS = [
    "povertyplan.lib.receiving.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
EVIDENCE_PER_FIGURE = 10
EVIDENCE_BYTES_PER_RETURN = 100 * 1024**2

# -- API -----------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "reports.api.pagination.Pages",
    "EXCEPTION_HANDLER": "reports.api.errors.answer_error",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Theo dõi kế hoạch giảm nghèo",
    "DESCRIPTION": "Chỉ tiêu, kết quả, số tổng hợp và biểu của kế hoạch giảm nghèo các cấp.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# -- mail: alarms to ADMINS, notices to who wants them, when EMAIL_URL names a server ------
ADMINS = [(address, address) for address in env.list("ADMINS", default=[])]
vars().update(env.email_url("EMAIL_URL", default="dummymail://"))
EMAIL_TIMEOUT = 10
EMAIL_SUBJECT_PREFIX = "[giảm nghèo] "
SERVER_EMAIL = DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="root@localhost")
# Where the links of a letter lead: a letter is written by no request.
SITE_URL = env.str("SITE_URL", default="").rstrip("/") or (
    f"{'https' if HTTPS else 'http'}://{next(iter(ALLOWED_HOSTS), 'localhost').lstrip('.')}"
)
# A unit that has not sent is told so many days before its return is due.
NOTICE_DUE_DAYS = env.list("NOTICE_DUE_DAYS", cast=int, default=[7, 1])

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "mail": {
            "class": "povertyplan.lib.alarms.AlarmMail",
            "formatter": "line",
            "level": "ERROR",
        },
    },
    "loggers": {
        "axes": {"level": "WARNING"},
        # Embedded, a task is a part of the page that asks for it.
        "celery.app.trace": {"level": "WARNING" if CELERY_TASK_ALWAYS_EAGER else "INFO"},
        "django.request": {"level": "ERROR"},
        "indicators.audit": {"handlers": ["mail"]},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
