"""Headings that mean a field, in the languages catalogues arrive in.

Written as `headings.parse_heading` compares them: lower case, no accents, single blanks. Within a
field the better heading comes first.
"""

from visualizer_core.domain.catalogue.text import name_list

__all__ = ["SYNONYMS", "WEAK_SKU"]


SYNONYMS: dict[str, tuple[str, ...]] = {
    "sku": name_list(
        "sku, skus, variant sku, product sku, item sku, sku code, sku number, article number, "
        "article no, article nr, article code, item number, item no, item code, product code, "
        "product number, product no, stock code, part number, model number, model no, style number,"
        "mpn, artikelnummer, artikelnr, artikel nr, art nr, artnr, bestellnummer, bestellnr, "
        "artikelcode, productcode, productnummer, reference produit, code article, code produit, "
        "reference, referencia, codigo, codigo de producto, codice articolo, codice prodotto, "
        "codice, varenummer, varenr, tuotenumero, tuotekoodi, numer katalogowy, kod produktu, "
        "kod towaru, kod, cikkszam, termekkod, cod produs, codul produsului, katalogove cislo, "
        "артикул, 品番, 商品コード, 商品番号, 货号, 商品编号"
    ),
    "barcode": name_list(
        "barcode, barcodes, variant barcode, ean, ean code, ean13, ean 13, gtin, gtin13, upc, isbn,"
        "gtin upc ean or isbn, strichcode, ean nummer, code barres, codigo de barras, "
        "codice a barre, streepjescode, streckkod, stregkode, kod kreskowy, vonalkod, cod de bare, "
        "carovy kod, штрихкод, バーコード, 条形码"
    ),
    "handle": name_list("handle, slug, url handle, url key, permalink, seo slug"),
    "name": name_list(
        "name, title, product name, product title, item name, product, article name, item, "
        "designation, bezeichnung, artikelbezeichnung, produktname, produktbezeichnung, "
        "artikelname, titel, nom, nom du produit, libelle, titre, nombre, nombre del producto, "
        "titulo, nome, nome prodotto, nome do produto, titolo, naam, productnaam, benamning, namn, "
        "produktnamn, navn, produktnavn, varenavn, nimi, tuotenimi, nazwa, nazwa produktu, nazev, "
        "nazev produktu, nazov, megnevezes, nev, termek neve, termeknev, denumire, nume, "
        "nume produs, название, наименование, 商品名, 製品名, 名称, 商品名称, 产品名称"
    ),
    "description": name_list(
        "description, product description, long description, full description, body, body html, "
        "details, beschreibung, produktbeschreibung, artikelbeschreibung, langtext, "
        "langbeschreibung, description du produit, descriptif, descripcion, "
        "descripcion del producto, descrizione, descricao, omschrijving, productomschrijving, "
        "beskrivning, beskrivelse, kuvaus, opis, opis produktu, popis, leiras, termekleiras, "
        "descriere, описание, 説明, 商品説明, 描述, short description, kurzbeschreibung"
    ),
    "category": name_list(
        "category, categories, product category, category path, category name, kategorie, "
        "kategorien, warengruppe, produktkategorie, categorie, categories de produits, categoria, "
        "categorias, kategori, kategoria, kategoriat, kategorija, collection, "
        "категория, カテゴリ, カテゴリー, 分类, 类别"
    ),
    "product_type": name_list(
        "product type, type, produkttyp, artikeltyp, type de produit, producttype"
    ),
    "tags": name_list(
        "tags, tag, keywords, labels, schlagworte, stichworte, mots cles, etiquettes, etiquetas, "
        "trefwoorden, nyckelord, タグ, 标签"
    ),
    "width": name_list(
        "width, product width, item width, overall width, assembled width, w, breite, "
        "largeur, larghezza, ancho, anchura, breedte, bredd, bredde, leveys, szerokosc, szelesseg, "
        "latime, sirka, largura, ширина, 幅, 宽, 宽度"
    ),
    "depth": name_list(
        "depth, product depth, item depth, overall depth, assembled depth, d, tiefe, profondeur, "
        "profondita, profundidad, fondo, diepte, djup, dybde, syvyys, glebokosc, melyseg, "
        "adancime, hloubka, profundidade, глубина, 奥行, 奥行き, 深度"
    ),
    "height": name_list(
        "height, product height, item height, overall height, assembled height, h, hohe, hoehe, "
        "hauteur, altezza, alto, altura, hoogte, hojd, hojde, hoyde, korkeus, wysokosc, magassag, "
        "inaltime, vyska, высота, 高さ, 高, 高度"
    ),
    "length": name_list(
        "length, product length, item length, overall length, lange, laenge, longueur, lunghezza, "
        "largo, longitud, lengte, langd, laengde, lengde, pituus, dlugosc, hosszusag, lungime, "
        "delka, comprimento, длина, 長さ, 长度"
    ),
    "dimensions": name_list(
        "dimensions, dimension, product dimensions, item dimensions, overall dimensions, "
        "measurements, masse, abmessungen, abmessung, produktmasse, dimensioni, dimensiones, "
        "medidas, dimensoes, afmetingen, matt, mal, mitat, wymiary, meret, meretek, dimensiuni, "
        "rozmery, размеры, 尺寸, 寸法, サイズ, size raw, size, sizes, grosse"
    ),
    "price": name_list(
        "price, variant price, regular price, unit price, list price, retail price, sales price, "
        "selling price, price tax incl, price tax included, rrp, msrp, preis, verkaufspreis, "
        "bruttopreis, vk, uvp, prix, prix ttc, prix de vente, prezzo, precio, pvp, preco, prijs, "
        "verkoopprijs, pris, hinta, cena, cena brutto, ar, brutto ar, pret, цена, 価格, 価格 税込, "
        "价格, 售价"
    ),
    "currency": name_list(
        "currency, currency code, price currency, wahrung, waehrung, devise, valuta, moneda, moeda,"
        "valuutta, waluta, mena, penznem, валюта, 通貨, 货币"
    ),
    "images": name_list(
        "image, images, image url, image urls, image link, image links, image src, image file, "
        "image files, image filename, image file name, image name, main image, primary image, "
        "base image, featured image, product image, product images, product image url, "
        "additional image, additional images, additional image link, additional image links, "
        "gallery, picture, pictures, picture url, photo, photos, photo url, photo file, img, bild, "
        "bilder, bild url, bilddatei, bildname, produktbild, foto, fotos, immagine, immagini, "
        "imagen, imagenes, imagem, imagens, afbeelding, afbeeldingen, bilde, billede, billeder, "
        "kuva, kuvat, zdjecie, zdjecia, obrazek, obrazky, kep, kepek, imagine, imagini, "
        "изображение, фото, 画像, 图片"
    ),
    "image_alt": name_list("image alt text, alt text, image alt"),
    "published": name_list("published, active, enabled, visible, aktiv, online"),
}

WEAK_SKU: tuple[str, ...] = name_list(
    "id, product id, item id, article id, produkt id, artikel id, code, number, no, nr, ref, key"
)  # often a row number or a lookup code: taken as SKU only beside a price or a picture
