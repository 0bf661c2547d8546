"""The ladder of the Lesson tab: every network, what it taught, and how it is measured.

    GROUPS      the four tabs and their networks, in the order of the lesson; a file each
    PAPERS      what they go back to
    COURSE      where the lesson's notebooks are

No number of ours stands here: ``lesson_records.py`` reads them from what training left. The
lesson's are in ``assets/lesson/facts.json``.
"""

from lesson7.ui.lesson_rungs.bedrooms import BEDROOMS
from lesson7.ui.lesson_rungs.human_numbers import HUMAN_NUMBERS
from lesson7.ui.lesson_rungs.mnist import DIGITS
from lesson7.ui.lesson_rungs.restoration import RESTORATION

GROUPS = (DIGITS, RESTORATION, BEDROOMS, HUMAN_NUMBERS)

COURSE = "https://github.com/fastai/course-v3/blob/master/nbs/dl1/"

PAPERS = {
    "batchnorm": ("Ioffe and Szegedy, Batch normalization, 2015", "1502.03167"),
    "onecycle": ("Smith and Topin, Super-convergence (one-cycle), 2017", "1708.07120"),
    "resnet": ("He et al., Deep residual learning, 2015", "1512.03385"),
    "landscape": ("Li et al., Visualizing the loss landscape, 2017", "1712.09913"),
    "ensembles": ("Lakshminarayanan et al., Deep ensembles, 2016", "1612.01474"),
    "outliers": ("Hendrycks et al., Outlier exposure, 2018", "1812.04606"),
    "unet": ("Ronneberger et al., U-Net, 2015", "1505.04597"),
    "subpixel": ("Shi et al., Sub-pixel convolution, 2016", "1609.05158"),
    "patches": ("Isola et al., Image-to-image translation (patches), 2016", "1611.07004"),
    "spectral": ("Miyato et al., Spectral normalization, 2018", "1802.05957"),
    "gan": ("Goodfellow et al., Generative adversarial networks, 2014", "1406.2661"),
    "srgan": ("Ledig et al., Photo-realistic super-resolution, 2016", "1609.04802"),
    "perceptual": ("Johnson et al., Perceptual losses, 2016", "1603.08155"),
    "colour": ("Zhang et al., Colorful image colorization, 2016", "1603.08511"),
    "guided": ("He and Sun, Fast guided filter, 2015", "1505.00996"),
    "style": ("Gatys et al., A neural algorithm of artistic style, 2015", "1508.06576"),
    "wgan": ("Arjovsky et al., Wasserstein GAN, 2017", "1701.07875"),
    "dcgan": ("Radford et al., Deep convolutional GANs, 2015", "1511.06434"),
    "projected": ("Sauer et al., Projected GANs, 2021", "2111.01007"),
    "diffaugment": ("Zhao et al., Differentiable augmentation, 2020", "2006.10738"),
    "latents": ("Bojanowski et al., Optimizing the latent space, 2017", "1707.05776"),
    "averaging": ("Yazıcı et al., Averaging in GAN training, 2018", "1806.04498"),
    "elman": ("Elman, Finding structure in time, 1990", "10.1207/s15516709cog1402_1"),
    "gru": ("Cho et al., RNN encoder-decoder (GRU), 2014", "1406.1078"),
    "attention": ("Vaswani et al., Attention is all you need, 2017", "1706.03762"),
    "pointer": ("Merity et al., Pointer sentinel mixture models, 2016", "1609.07843"),
    "rotary": ("Su et al., RoFormer, 2021", "2104.09864"),
}
"""Title, and arXiv number or DOI."""
