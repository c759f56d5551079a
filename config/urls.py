"""The addresses. Of allauth only what is used is routed; everything else is screening.urls."""

from allauth.account import views as account
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from screening.access import allow_anyone


@allow_anyone
def health(request: HttpRequest) -> HttpResponse:
    """Answer that the process serves; it reads nothing."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("health", health, name="health"),
    path("account/sign-in/", account.login, name="account_login"),
    path("account/sign-out/", account.logout, name="account_logout"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("", include("screening.urls")),
]
