ROUTES = {}


def list_questions(site, request):
    return {}


def one_question(site, request):
    return {}


def health(site, request):
    return {}
