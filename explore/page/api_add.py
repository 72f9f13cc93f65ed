ROUTES = {}


def collections(site, request):
    return {}


def uploaded(site, request, ticket, face):
    raise NotImplementedError
