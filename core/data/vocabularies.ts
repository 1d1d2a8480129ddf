/** The words that the embedded sentences are built of. */

/** Words of one language, by their part in a sentence. Grammar is kept simple: cases do not agree. */
export interface Vocabulary {
  /** Name of the language. */
  readonly name: string;
  /** Articles and the like. */
  readonly articles: readonly string[];
  /** Nouns. */
  readonly nouns: readonly string[];
  /** Adjectives. */
  readonly adjectives: readonly string[];
  /** Verbs, third person. */
  readonly verbs: readonly string[];
  /** Prepositions. */
  readonly prepositions: readonly string[];
  /** What joins two clauses. */
  readonly conjunctions: readonly string[];
}

const words = (text: string): string[] => text.split(" ");

/** The languages. */
export const LANGUAGES: readonly Vocabulary[] = [
  {
    name: "English",
    articles: words("the a this that every her his our"),
    nouns: words(
      "house garden winter morning teacher window mountain river question kitchen brother weather bridge forest children letter village picture shadow thought summer friend machine journey kingdom daughter church history evening paper",
    ),
    adjectives: words(
      "white strong bright heavy quiet young wonderful narrow bitter golden cheap thirsty shallow warm friendly broken useful hungry",
    ),
    verbs: words(
      "sees finds brings shows loses watches keeps follows knows thinks breaks writes draws changes touches catches reaches forgets",
    ),
    prepositions: words("with through behind without under between"),
    conjunctions: words("and while because when although"),
  },
  {
    name: "German",
    articles: words("der die das ein eine dieser jede unser"),
    nouns: words(
      "haus garten winter morgen lehrer fenster berg fluss frage küche bruder wetter brücke wald kinder brief dorf bild schatten gedanke sommer freund maschine reise königreich tochter kirche geschichte abend papier",
    ),
    adjectives: words(
      "weiße starke helle schwere ruhige junge wunderbare enge bittere goldene billige durstige seichte warme freundliche zerbrochene nützliche hungrige",
    ),
    verbs: words(
      "sieht findet bringt zeigt verliert beobachtet behält verfolgt kennt denkt zerbricht schreibt zeichnet wechselt berührt fängt erreicht vergisst",
    ),
    prepositions: words("mit durch hinter ohne unter zwischen"),
    conjunctions: words("und während weil wenn obwohl"),
  },
  {
    name: "French",
    articles: words("le la les un une cette chaque notre"),
    nouns: words(
      "maison jardin hiver matin maître fenêtre montagne rivière question cuisine frère météo pont forêt enfants lettre village image ombre pensée été ami machine voyage royaume fille église histoire soirée papier",
    ),
    adjectives: words(
      "blanche forte brillante lourde tranquille jeune merveilleuse étroite amère dorée modeste assoiffée profonde chaude aimable brisée utile affamée",
    ),
    verbs: words(
      "voit trouve apporte montre perd regarde garde suit connaît pense casse écrit dessine change touche attrape atteint oublie",
    ),
    prepositions: words("avec derrière sans sous entre chez"),
    conjunctions: words("et pendant parce quand quoique"),
  },
  {
    name: "Spanish",
    articles: words("el la los un una este cada nuestro"),
    nouns: words(
      "casa jardín invierno mañana maestro ventana montaña río pregunta cocina hermano tiempo puente bosque niños carta pueblo imagen sombra pensamiento verano amigo máquina viaje reino hija iglesia historia tarde papel",
    ),
    adjectives: words(
      "blanca fuerte brillante pesada tranquila joven maravillosa estrecha amarga dorada barata sedienta profunda cálida amable rota útil hambrienta",
    ),
    verbs: words(
      "ve encuentra trae muestra pierde mira guarda sigue conoce piensa rompe escribe dibuja cambia toca atrapa alcanza olvida",
    ),
    prepositions: words("con detrás sin bajo entre hacia"),
    conjunctions: words("y mientras porque cuando aunque"),
  },
  {
    name: "Italian",
    articles: words("il la gli un una questo ogni nostro"),
    nouns: words(
      "casa giardino inverno mattina maestro finestra montagna fiume domanda cucina fratello tempo ponte foresta bambini lettera villaggio immagine ombra pensiero estate amico macchina viaggio regno figlia chiesa storia sera carta",
    ),
    adjectives: words(
      "bianca forte luminosa pesante tranquilla giovane meravigliosa stretta amara dorata economica assetata profonda calda gentile rotta utile affamata",
    ),
    verbs: words(
      "vede trova porta mostra perde guarda tiene segue conosce pensa rompe scrive disegna cambia tocca prende raggiunge dimentica",
    ),
    prepositions: words("con dietro senza sotto fra verso"),
    conjunctions: words("e mentre perché quando sebbene"),
  },
];
