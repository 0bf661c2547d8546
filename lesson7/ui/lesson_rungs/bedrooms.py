"""The Bedrooms tab's networks: the lesson's and ours."""

from lesson7.ui.lesson_ladder import Figure, Group, Quantity, Rung

_DISTANCE = Figure("distance_squeezenet", "Fréchet distance, by SqueezeNet")
_OTHER_DISTANCE = Figure("distance_resnet18", "by ResNet-18")
_DISTANCES = (
    Quantity("Fréchet distance, by SqueezeNet", "distance_squeezenet", log=True),
    Quantity("Fréchet distance, by ResNet-18", "distance_resnet18", log=True),
)

BEDROOMS = Group(
    "Bedrooms",
    "400 photographs that never trained: less distance is better; the lesson judged by eye",
    ("lesson7-wgan.ipynb",),
    "",
    (
        Rung(
            "bedrooms-wgan",
            "The lesson’s WGAN",
            "a critic without a sigmoid, its weights clipped",
            "A generator that never sees a photograph, only a critic’s opinion of its own "
            "pictures, learns to turn a hundred random numbers into a room. Wasserstein’s critic "
            "gives a score and not a probability, and clipped weights keep its slope in bounds, "
            "so that there is always a direction in which to get better.",
            ("wgan", "dcgan"),
            _DISTANCE,
            (
                *_DISTANCES,
                Quantity("Critic’s loss", "critic_loss", "critic_loss"),
                Quantity("Generator’s loss", "generator_loss", "generator_loss"),
            ),
            also=(_OTHER_DISTANCE,),
            lesson=Figure("", "critic’s loss, on its own scale", column="critic_loss"),
        ),
        Rung(
            "bedrooms-modern",
            "Ours",
            "a critic that looks through ImageNet’s eyes, grown from 64 to 128 pixels",
            "A few thousand photographs are too few for a critic that starts from pixels; one that "
            "looks through a network trained on ImageNet learns from them quickly, and soon drove "
            "the generator to draw one and the same room. Since half of each batch must look from "
            "far away like a photograph that belongs to its latent, every latent has a room of its "
            "own.",
            ("projected", "latents", "diffaugment", "averaging"),
            _DISTANCE,
            (
                *_DISTANCES,
                Quantity("Critic’s loss", "critic_loss"),
                Quantity("Generator’s loss", "generator_loss"),
            ),
            also=(_OTHER_DISTANCE,),
        ),
    ),
)
