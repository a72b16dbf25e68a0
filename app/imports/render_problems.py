"""What is wrong in a file, in words that say what to do: French for people, English beside it."""

from dataclasses import dataclass

LONGEST_EXCERPT = 60
LONGEST_LIST = 400

# Code: French, English. Values in braces come from the file and are cut short.
WORDS: dict[str, tuple[str, str]] = {
    # The file.
    "empty": ("Le fichier est vide.", "The file is empty."),
    "not_csv": (
        "Ce n'est pas un fichier CSV mais {found}. Dans le tableur : Enregistrer sous, CSV UTF-8.",
        "This is no CSV file but {found}. In the spreadsheet: Save as, CSV UTF-8.",
    ),
    "nul": (
        "Le fichier contient un octet nul : il est abîmé, ou n'est pas du texte. Exportez-le de nouveau en CSV UTF-8.",
        "The file holds a NUL byte: it is damaged, or no text. Export it again as CSV UTF-8.",
    ),
    "encoding": (
        "L'encodage du fichier n'est ni UTF-8 ni Windows-1252. Enregistrez-le en CSV UTF-8.",
        "The file is neither UTF-8 nor Windows-1252. Save it as CSV UTF-8.",
    ),
    "too_large": (
        "Le fichier dépasse {most} Mo. Partagez-le en plusieurs fichiers.",
        "The file is above {most} MB. Split it into several files.",
    ),
    "too_many_lines": (
        "Le fichier a plus de {most} lignes. Partagez-le en plusieurs fichiers.",
        "The file has more than {most} lines. Split it into several files.",
    ),
    "too_many_for_all": (
        "Le mode tout ou rien prend {most} lignes au plus pour ce fichier : les ventes attendraient trop longtemps. "
        "Partagez-le, ou importez ligne par ligne (mode each).",
        "All or nothing takes {most} lines of this kind at most: sales would wait for too long. "
        "Split the file, or import line by line (mode each).",
    ),
    "too_many_columns": (
        "La première ligne a plus de {most} colonnes.",
        "The first line has more than {most} columns.",
    ),
    "line_too_long": (
        "Cette ligne est trop longue : il manque sans doute un guillemet qui ferme une cellule.",
        "This line is too long: a quote that closes a cell is probably missing.",
    ),
    "cell_too_long": (
        "Une cellule de cette ligne a plus de {most} caractères, ou un guillemet n'est pas fermé.",
        "A cell of this line has more than {most} characters, or a quote is not closed.",
    ),
    "quotes": (
        'Guillemets mal formés : un guillemet dans une cellule s\'écrit deux fois ("") et la cellule entre guillemets.',
        'Malformed quotes: a quote inside a cell is written twice ("") and the cell stands in quotes.',
    ),
    "no_known_column": (
        "Aucune colonne connue en première ligne (lu : {found}). Les noms attendus : {expected}.",
        "No known column in the first line (found: {found}). The expected names: {expected}.",
    ),
    "unknown_column": (
        "Colonne inconnue « {found} ». Corrigez son nom ou supprimez-la ; docs/backshop.md donne la liste.",
        'Unknown column "{found}". Correct its name or delete it; docs/backshop.md has the list.',
    ),
    "double_column": ("Colonne présente deux fois : {found}.", "A column is there twice: {found}."),
    "missing_column": ("Il manque la colonne {found}.", "The column {found} is missing."),
    "unknown_currency": (
        "« {found} » n'est pas une devise. Exemple : variant_price_eur_cents.",
        '"{found}" is no currency. Example: variant_price_eur_cents.',
    ),
    "no_lines": ("Le fichier n'a que sa première ligne.", "The file has nothing but its first line."),
    "has_problems": (
        "Rien n'a été écrit : {count} problème(s). Corrigez les lignes, ou importez ligne par ligne (mode each).",
        "Nothing was written: {count} problem(s). Correct the lines, or import line by line (mode each).",
    ),
    "nothing_left": (
        "Rien n'a été écrit : toutes les lignes ont un problème.",
        "Nothing was written: every line has a problem.",
    ),
    # A line.
    "cell_count": (
        "La ligne a {found} cellules au lieu de {expected}.",
        "The line has {found} cells instead of {expected}.",
    ),
    "missing": ("Cellule vide : une valeur est nécessaire.", "Empty cell: a value is needed."),
    "too_long": ("Plus de {most} caractères.", "More than {most} characters."),
    "control": (
        "Un caractère invisible se cache dans la cellule : retapez-la.",
        "An invisible character hides in the cell: type it again.",
    ),
    "handle": (
        "« {found} » : une adresse n'a que des minuscules sans accent, chiffres et tirets.",
        '"{found}": a handle has nothing but lower-case letters without accents, digits and hyphens.',
    ),
    "choice": ("« {found} » n'est pas l'un de : {expected}.", '"{found}" is not one of: {expected}.'),
    "number": (
        "« {found} » n'est pas un nombre entier de 0 à {most}.",
        '"{found}" is not a whole number from 0 to {most}.',
    ),
    "boolean": ("« {found} » : écrivez oui ou non.", '"{found}": write yes or no.'),
    "cents": (
        "« {found} » n'est pas un prix en centimes entiers (34900 pour 349,00).",
        '"{found}" is no price in whole cents (34900 for 349.00).',
    ),
    "amount": (
        "« {found} » n'est pas un prix (349,00), ou a plus de décimales que la devise.",
        '"{found}" is no price (349.00), or has more decimals than its currency.',
    ),
    "price_twice": (
        "Deux prix différents pour {found} : en centimes et en euros ; gardez-en un.",
        "Two different prices for {found}: in cents and in units; keep one.",
    ),
    "spreadsheet_number": (
        "Le tableur a transformé cette valeur en « {found} » : mettez la colonne au format Texte et retapez-la.",
        'The spreadsheet turned this value into "{found}": format the column as Text and type it again.',
    ),
    "code": (
        "« {found} » : un code n'a que lettres, chiffres, points, tirets, _ et /.",
        '"{found}": a code has nothing but letters, digits, dots, hyphens, _ and /.',
    ),
    "country": ("« {found} » n'est pas un code de pays (FR).", '"{found}" is no country code (FR).'),
    "url": (
        "« {found} » : une image est une adresse https:// ou un chemin /static/ de la boutique.",
        '"{found}": a picture is an https:// address or a path /static/ of the shop.',
    ),
    "json": (
        'Les métadonnées sont un objet JSON : {{"marque": "Aura"}}.',
        'Metadata is a JSON object: {{"brand": "Aura"}}.',
    ),
    "metadata": ("Métadonnées refusées : {found}", "Metadata refused: {found}"),
    "option_alone": (
        "Une option a un nom et une valeur : l'un des deux manque.",
        "An option has a name and a value: one of them is missing.",
    ),
    "double_option": ("L'option {found} est donnée deux fois.", "The option {found} is given twice."),
    "differs": (
        "« {found} » : une autre ligne du même produit dit autre chose. Écrivez partout la même valeur.",
        '"{found}": another line of this product says otherwise. Write the same value everywhere.',
    ),
    "double_sku": ("La référence {found} est déjà à la ligne {other}.", "The SKU {found} is on line {other} already."),
    "double_line": (
        "La ligne {other} parle déjà de {found}. Gardez-en une.",
        "Line {other} is about {found} already. Keep one of them.",
    ),
    "double_variant": (
        "Deux lignes du produit décrivent la même variante ({found}).",
        "Two lines of the product describe the same variant ({found}).",
    ),
    "too_many_variants": (
        "Un produit a {most} variantes au plus.",
        "A product has {most} variants at most.",
    ),
    # Against what is in the shop.
    "sku_elsewhere": (
        "La référence {found} appartient à un autre produit.",
        "The SKU {found} belongs to another product.",
    ),
    "sku_change": (
        "Cette variante a déjà la référence {found} : elle ne change pas par fichier. Corrigez-la, ou changez-la dans "
        "l'Admin.",
        "This variant has the SKU {found}: a file does not change it. Correct the line, or change it in the Admin.",
    ),
    "options_change": (
        "La variante existe avec d'autres options ({found}) : elles ne changent pas par fichier.",
        "The variant exists with other options ({found}): a file does not change them.",
    ),
    "options_differ": (
        "Les options du produit sont : {expected}. Donnez une valeur pour chacune, et aucune autre.",
        "The options of the product are: {expected}. Give a value for each of them, and no other.",
    ),
    "no_option": (
        "Un produit nouveau a au moins une option (variant_option_1_name et variant_option_1_value).",
        "A new product has at least one option (variant_option_1_name and variant_option_1_value).",
    ),
    "unknown_category": (
        "Catégorie inconnue : {found}. Créez-la d'abord.",
        "Unknown category: {found}. Create it first.",
    ),
    "unknown_collection": (
        "Collection inconnue : {found}. Créez-la d'abord.",
        "Unknown collection: {found}. Create it first.",
    ),
    "unknown_channel": ("Canal de vente inconnu : {found}.", "Unknown sales channel: {found}."),
    "unknown_tax": (
        "Catégorie de TVA inconnue : {found} (connues : {expected}).",
        "Unknown VAT category: {found} (known: {expected}).",
    ),
    "unknown_sku": ("Aucune variante n'a la référence {found}.", "No variant has the SKU {found}."),
    "archived": (
        "Le produit est archivé : remettez-le en brouillon d'abord.",
        "The product is archived: draw it back to draft first.",
    ),
    "no_title": ("Un produit nouveau a un titre.", "A new product has a title."),
    "publish": (
        "Pas publiable : il manque {found}. Complétez la ligne, ou écrivez draft.",
        "It cannot be published without: {found_english}. Complete the line, or write draft.",
    ),
    "price_moves": (
        "Le prix passe de {before} à {after} : plus de la moitié. Vérifiez-le ; s'il est juste, confirmez les grands "
        "écarts.",
        "The price goes from {before} to {after}: by more than half. Check it; if it is right, confirm large moves.",
    ),
    "price_limit": ("Un prix va de 0 à {most} centimes.", "A price is between 0 and {most} cents."),
    "moved_meanwhile": (
        "Le stock n'est plus {expected} mais {found} : des pièces ont bougé depuis l'export. Comptez de nouveau.",
        "There are no longer {expected} but {found}: pieces moved since the export. Count again.",
    ),
    "promised": (
        "{found} pièces sont promises à des paniers en cours de paiement : réessayez dans un quart d'heure.",
        "{found} pieces are promised to carts that are being paid: try again in a quarter of an hour.",
    ),
    "count_or_receipt": (
        "Donnez new_quantity (comptage) ou received_quantity (livraison), pas les deux.",
        "Give new_quantity (a count) or received_quantity (a delivery), not both.",
    ),
    "delivery_reference": (
        "Une livraison a sa référence (delivery_reference) : c'est elle qui évite de la compter deux fois.",
        "A delivery has its reference (delivery_reference): it keeps it from being counted twice.",
    ),
    "received_otherwise": (
        "Cette livraison est déjà entrée avec {found} pièces. Corrigez par un comptage.",
        "This delivery came in already with {found} pieces. Correct it by a count.",
    ),
    "not_counted": (
        "Le stock de cette variante n'est pas suivi.",
        "The pieces of this variant are not counted.",
    ),
    "refused": ("Refusé : {found}", "Refused: {found}"),
    "busy": (
        "Quelqu'un d'autre le modifie en ce moment : relancez l'import, ce qui est fait reste fait.",
        "Somebody else is changing it right now: run the import again, what is done stays done.",
    ),
    "changed_meanwhile": (
        "Le catalogue a changé depuis la vérification : vérifiez de nouveau.",
        "The catalogue changed since the check: check again.",
    ),
}


@dataclass(frozen=True)
class Problem:
    """What is wrong, where; line 1 is the header, 0 the file as a whole."""

    line: int
    column: str
    code: str
    message_fr: str
    message_en: str


class Unreadable(Exception):
    """The file as a whole cannot be used; its problem says why and what to do."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.code)


def render_problem(code: str, line: int = 0, column: str = "", **values: object) -> Problem:
    """A problem in both languages."""
    french, english = WORDS[code]
    shown = {
        name: shorten(str(value), LONGEST_LIST if name == "expected" else LONGEST_EXCERPT)
        for name, value in values.items()
    }
    return Problem(line, column, code, french.format(**shown), english.format(**shown))


def shorten(value: str, most: int = LONGEST_EXCERPT) -> str:
    """What is quoted of a file: one line, not endless, nothing that a terminal obeys."""
    plain = "".join(sign if sign.isprintable() else " " for sign in value[: most + 1])
    return plain if len(plain) <= most else f"{plain[:most]}…"
