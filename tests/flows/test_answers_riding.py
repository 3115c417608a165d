"""What people type while they wait for a car, sit in it, or want home: real wordings with their typos, and
what must not be taken for one of them."""

import pytest

from flows.answers.riding import RideSaid
from flows.library import shipped

RIDING = shipped().keywords.riding
UNSAFE = ("danger", "followed", "pay", "wrong_place", "driver", "plate")
SAID = {
    "danger": """
        he touched me | driver touched my leg | he wont let me out | he locked the doors
        im locked in the car | hes hitting on me | he has a gun | he keeps touching me
        he put his hand on my leg | he grabbed me | he grabbed my arm | he threatened me | let me out
        he wont stop the car | im stuck in the car
        me toco la pierna | me esta tocando | no me deja bajar | estoy encerrada en el carro
        el chofer me toco | me agarro la pierna | me quiere tocar | no para el carro | cerro las puertas
        no me quiere dejar salir | tiene una pistola
    """,
    "followed": """
        hes following me | someone is following me | hes following my bus | a car is following me
        i think im being followed
        me esta siguiendo | me vienen siguiendo | el carro me sigue | me esta siguiendo un carro
    """,
    "pay": """
        he wants me to pay | driver is asking for money | he wants cash | says i gotta pay
        he said i have to pay 20 dollars | she wants a tip | asking me for money
        driver wont take me unless i pay | dude wants 20 bucks | he asking for cash
        driver trying to charge me | driver wants my card | he said its 15 dollars
        she told me i need to pay | he wont go unless i pay | they want money | he is charging me
        says ride aint paid
        quiere que le pague | me esta cobrando | el chofer me pide dinero | me pidio propina
        quiere efectivo | el chofer quiere dinero | me quiere cobrar | quiere 20 dolares
        dice que le pague | pide efectivo
    """,
    "wrong_place": """
        dropped me at the wrong place | he dropped me off at the wrong spot | this isnt the place
        this is not the right address | left me in the middle of nowhere | he kicked me out
        hes going the wrong way | driver dropped me off 5 blocks away | this is the wrong place
        wrong place | wrong address | he left me at a gas station | he took me to the wrong address
        driver dropped me off wrong | im at the wrong building | he dropped me off down the street
        me dejaron tirada | me dejo en otro lado | me dejo en el lugar equivocado | aqui no es
        no es el lugar | me dejo lejos | me bajo del carro | este no es el lugar | no es aqui
        me dejo en otra calle | me dejo en otro lugar | me dejaron en otro lado | me llevo a otro lado
        me bajo en otro lado | me bajaron lejos | va por otro camino
    """,
    "driver": """
        dude is creepin me out | i dont wanna get in | i dont want to go with him
        no me quiero subir | me mira raro
        hes drunk | driver is drunk | he smells like alcohol | driver is creepy | hes creeping me out
        this driver is yelling at me | hes yelling | hes going too fast | driving crazy
        hes driving too fast | he asked for my number | i dont feel safe | im scared of this driver
        we crashed | got in a accident | hes drunk af | i think he been drinking
        i think the driver is high | driver smells like weed | hes driving like crazy | hes going 100
        he is speeding | hes texting and driving | driver fell asleep | driver is being weird
        hes being weird | the driver is making me uncomfortable | i feel unsafe
        i dont feel safe in this car | hes cussing me out | he called me names | we got in a wreck
        esta borracho | el chofer viene tomado | huele a alcohol | me grita | el chofer me grita
        maneja muy rapido | va muy rapido | tengo miedo con este chofer | no me siento segura | chocamos
        el chofer huele a cerveza | viene borracho | esta tomado | el chofer es muy grosero
        me esta insultando | maneja como loco | va a exceso de velocidad | me siento insegura
        tengo miedo
    """,
    "plate": """
        plate is wrong | wrong plate | plate doesnt match | plates dont match
        license plate is different | the plate is not the same | not the same driver
        i got in the wrong car
        la placa no es | la placa es otra | placa equivocada | no es el mismo chofer
        me subi al carro equivocado | la placa no coincide | no es la misma placa | es otra placa
        es otro chofer
    """,
    "cost": """
        do i have to pay him | do i tip
        dice que tengo que pagar | tengo que pagar? | cuanto le debo | me dijo que tengo que pagar
    """,
    "trouble": """
        the car broke down | car broke down | flat tire | driver is lost | he got lost | hes lost

    """,
    "left_thing": """
        i left my phone in the car | forgot my bag in the uber
        deje mi telefono en el carro | se me olvido la bolsa en el carro
    """,
    "driver_left": """
        can i get another one | i need another car | send another one | quiero otro carro
        driver left | drver left | driver lef me | he left | he left me | she drove off
        they left without me | the car just left | uber canceled | my ride got cancelled
        he cancelled on me | i missed the car | i missed my ride | missed him | hes gone | he took off
        he dipped | left me standing here | driver cancelled | driver canceled on me | car drove away
        he pulled off | he just pulled off without me | the dude left | the uber left me | bro left
        my ride dipped | lady left without me | they left | ride left | he gone | he bounced
        se fue el chofer | se fue | se me fue el carro | el carro se fue | ya se fue | el chofer me dejo
        perdi el carro | cancelo el chofer | me cancelaron el viaje | el chofer se largo
        me dejo el chofer | me dejo plantada | se fue sin mi | ya se fue el carro | el chofer cancelo
        me cancelo el chofer | se me fue
    """,
    "wrong_car": """
        wrong car | different car | thats not my car | not the same car | is this him | is that my car
        this aint it
        otro carro | no es mi carro | es ese mi carro? | ese no es mi carro | carro equivocado
    """,
    "late": """
        running late | im runnin late | im gonna be late | ill be 5 min late | need 5 more min
        gimme 5 min | give me a minute | 5 more minutes | tell him to wait | tell the driver wait for me
        wait for me | dont let him leave | i overslept | im not ready yet | im late
        running 10 min late | running a lil late | ima be late | im gonna be 10 minutes late
        can he wait | can you tell him to wait | ask him to wait 5 min | hold on im coming | one sec
        gimme a sec | not ready
        voy tarde | se me hizo tarde | llego 5 minutos tarde | necesito 5 minutos | que me espere
        digale que me espere | espereme | ando tarde | voy un poco tarde | voy 5 minutos tarde
        me quede dormido | no estoy lista | todavia no estoy listo | digale al chofer que me espere
        que no se vaya | deme 5 minutos
    """,
    "not_done": """
        not done yet | almost done | ill be done in 10 | still in the interview
        todavia no termino | ya casi salgo | sigo adentro
    """,
    "done": """
        done | DONE | dun | im done | im done!! | finnished | finishd | all done | im all done now
        done. went ok i think | done start mar 8 6am they need my ss card | ok im finished | ready
        im ready to go home | ready for pickup | pick me up | come get me | can u come get me
        i need a ride home | take me home | just got out | i got out early | interview is over
        its over | home | ride home | go home | im finish | im finishd | dnoe | im done here | done here
        done for today | all finished | finished early | we done | they done with me | they let me out
        im out | im leaving now | ready to go | rdy | im ready now | can i get picked up | pick up
        pickup please | come pick me up | send the car | can u send my ride | i want to go home
        im ready for my ride home | need to go home | car home please | can i get a ride home
        ya sali | ya sali del hotel | listo | lista | ya termine | termine | ya acabe | acabo de salir
        vengan por mi | venga por mi | ya estoy lista | recojame por favor | a mi casa
        quiero ir a mi casa | carro a casa | un momento ya salgo | ya sali de la entrevista | ya salimos
        ya acabamos | ya termino la entrevista | termino la entrevista | ya me voy | ya estuvo
        ya estoy listo | lsito | listo para irme | puede venir por mi | manden el carro | mande el carro
        ya me puedo ir | quiero ir a casa | llevenme a casa | necesito ir a mi casa | carro de regreso
    """,
    "home": """
        how do i get home | do i have a ride home | when is my ride home | wheres my ride home
        como regreso a casa | a que hora es mi viaje de regreso
    """,
    "cant_find": """
        cant find it | cant find the car | i dont see it | i dont see him | dont see no car | no car
        theres no car | no car here | nobody here | no one came | its not here | hes not here
        not here yet | he never came | it never showed up | driver isnt here | he drove past
        he drove right past me | passed me by | he went past | he wont stop | driver not answering
        no show | my driver never showed | no driver | no driver yet | aint no car here
        there is nobody out here | i dont see nobody | cant see him | wheres the car i dont see it
        he aint here | it aint here yet | driver not here | car not here | no one is here
        nobody showed up | he passed my house | he drove by me | drove by and didnt stop
        he circled the block
        no lo veo | no veo el carro | no lo encuentro | no encuentro el carro | no ha llegado | no llega
        todavia no llega | no hay nadie | no hay carro | no vino | paso de largo | se paso | no se paro
        el chofer no contesta | el carro no llega | el carro no esta | mi carro no ha llegado
        no esta el carro | no esta aqui | aqui no hay ningun carro | no veo a nadie | el chofer no viene
        no llego el carro | nadie vino | el carro se paso | paso y no se paro
    """,
    "where": """
        wheres my ride | where's my ride?? | wers my ride | were is my car | where my ride at
        where u at | wya | where is he | where is the driver at | how long | how much longer
        how far is he | is he coming | is the car coming or what | whens my ride | what time is my car
        still waiting | ive been waiting 20 min | im still waiting on my ride | my ride is late
        hes late | the car is late | eta? | any update | wheres he at | whats taking so long
        where do i wait | what kind of car | what color is it | which door | im waiting outside
        whats up with my ride | yo where my ride at bro | wheres dude at | were he at | wher r u
        where are you guys | how much longer for the car | when is he coming | is my ride still coming
        did my car get here | he still coming? | its been 20 minutes | hes taking forever
        which car is mine | whats the plate | whats the driver name | what car am i looking for
        what does the car look like
        donde esta mi carro | dnde esta el carro | donde viene | donde anda el chofer | donde esta
        ya viene | ya viene el carro? | cuanto falta | cuanto tarda | a que hora llega
        a que hora pasan por mi | sigo esperando | llevo media hora esperando | va tarde el carro
        que carro es | de que color es el carro | donde anda mi carro | aonde esta el carro
        dnd esta mi chofer | ya mero llega? | cuanto le falta | cuanto tiempo falta
        estoy esperando afuera | cual es mi carro | que placa es | como es el carro | de que color
    """,
    "sees_car": """
        i see him | i see it | see him now | i see the car | got in | im in the car | im in | hes here
        car is here | its here | he pulled up | got picked up | im in the car now | in the car
        hes here now | oh i see it | nvm i see him | found him | found the car | they here | he here
        its pulling up
        ya lo veo | ya la vi | ya llego | ya me subi | voy en el carro | ya esta aqui | ya lo vi
        ya vi el carro | ya estoy en el carro | ya vamos | ya me recogio | ya esta aqui el carro
    """,
    "at_door": """
        im at the back door | im at the back door they locked the frunt | im outside | i'm here
        im here | out front | im by the gate | at the corner | front door is locked | im at the front
        at the front door | im on the side | im by the store | im across the street
        im standing at the corner of 5th | out here | im out here | im outside by the gate
        i walked to the corner
        estoy en la puerta de atras | estoy afuera | ya estoy aqui | aqui estoy | estoy en la esquina
        estoy en la otra puerta | la puerta esta cerrada | estoy en la entrada | estoy en frente
        estoy enfrente | afuera | aqui afuera | ya estoy afuera | estoy atras
        la puerta de enfrente esta cerrada
    """,
    "cant_go": """
        cancel my ride | dont need the ride | got another ride | cant make it | not going
        cancele el viaje | ya no necesito el carro | no voy a ir | no puedo ir
    """,
}
NOTHING = """
    1 | 2 | yes | no | coming | ok | thanks | tomorrow at 8 | monday 10 am | ray | 77 dale st
    hope house on 5th | big warhouse by the airport fed x i think | i have a drivers license
    i want to be a driver | truck driver | forklift | i was a delivery driver for 3 years
    i dont have a car | no car at home | cleaning and kitchen | they moved it to thursday | it moved
    they changed me to 2pm | they changed my shift | the interview guy was weird | me cambiaron el turno
    i got the job | they said no | they said come back mon for pee test and paper work
    they left me a voicemail | she left a message for me | how long is the interview
    what should i bring | what do i wear | can i get a job | when is my interview
    where is the interview | what is the address | what if the driver left
    last time the driver left me | hello | good morning | see you there | i will be there | im coming
    on my way | who is this | menu | person | i need help | my id is at home | 52 | 02128 | 8 to 5
    need a job | i need a ride to my interview tomorrow | can you book a ride for friday
    i have an interview | got it | it is a waiting game | they are waiting on my background check
    still waiting to hear from them | waiting | im waiting to hear back | my ss card is late
    the check is late | i was late to the interview | si | no se | mañana a las 10
    el jueves a las 10 en el hotel | ya me dieron entrevista el jueves a las 10 en el hotel
    el hotel me la cambio para viernes a la 1 | me dieron el trabajo | me dijeron que no
    trabaje de chofer | licencia de manejar | no tengo carro | donde es la entrevista | que llevo
    cuando es mi entrevista | estoy esperando que me llamen | empiezo el miercoles a las 8
    si a 17 la hora | tengo 2 hijos | limpieza y cocina | 41 cove st
    por la plaza del sol en east boston | cuando salga les aviso | mi hermana ana | gracias muy amable
    buenos dias | si voy | ahi voy | no puedo hablar ahora | I GOT ITTTT start mon 7am
    the boss was late | he said i start monday | he said they will call me | she was nice
    he is the manager | they are hiring | done with the form
"""


def each(table: str) -> list[str]:
    """List the wordings of a table: one or more a line, set apart by " | "."""
    return [word.strip() for line in table.strip().splitlines() for word in line.split(" | ")]


def heard(text: str) -> str | None:
    """Name what a text is taken for."""
    said = RIDING.read(text)
    return None if said is None else said.unsafe or said.meaning


@pytest.mark.parametrize("meant", SAID)
def test_what_people_say_about_a_ride(meant: str) -> None:
    wordings = each(SAID[meant])
    assert {text: heard(text) for text in wordings} == dict.fromkeys(wordings, meant)


def test_there_are_enough_of_them() -> None:
    assert sum(len(each(table)) for table in SAID.values()) > 300


@pytest.mark.parametrize("text", each(NOTHING))
def test_what_is_not_about_a_ride(text: str) -> None:
    assert heard(text) is None


def test_each_pattern_hears_how_people_say_it() -> None:
    for meant, english, spanish in RIDING.like:
        assert heard(english) == heard(spanish) == (meant.unsafe or meant.meaning)


def test_unsafe_words_are_told_from_the_others() -> None:
    assert {name for meant, *_ in RIDING.like if (name := meant.unsafe)} == set(UNSAFE)


@pytest.mark.parametrize(
    ("text", "always"), [("driver is drunk", True), ("el chofer me grita", True), ("hes yelling", False)]
)
def test_who_names_the_driver_is_heard_with_no_ride_near(text: str, always: bool) -> None:
    assert RIDING.read(text) == RideSaid("unsafe", "driver", always)


@pytest.mark.parametrize("text", ["DRIVER LEFT", "NO CAR", "SE FUE", "NO LO VEO", "SE FUE EL CHOFER"])
def test_words_our_texts_ask_for_are_heard(text: str) -> None:
    assert heard(text) in ("driver_left", "cant_find")
